//! The parser of invoices: any bytes are an invoice, or an error by name. What is one can be judged.
#![no_main]

use domain::cfdi::{self, Disposition, Expectation, Verdict};
use domain::fiscal::Rfc;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let _kind = cfdi::sniff(bytes);
    let expected = Expectation::new(Rfc::parse("XIQB891116QE4").expect("an RFC"));
    match cfdi::parse(bytes) {
        Ok(cfdi) => {
            assert!(cfdi::verification_url(&cfdi).starts_with("https://"));
            let verdict = cfdi::verify(&cfdi, &expected);
            if cfdi.receptor.rfc != expected.rfc {
                // Another's invoice is never accepted by itself.
                assert!(!matches!(verdict.disposition(), Disposition::Accept { .. }));
            }
        }
        Err(error) => {
            let verdict = Verdict::unreadable(&error);
            assert!(matches!(verdict.disposition(), Disposition::Reject { .. }));
        }
    }
});
