//! Where people come back to after signing in: a place of the page.

use crate::page;

const LIMIT_CHARS: usize = 512;

/// That address if it is one of the page's, else the page's first.
pub fn allowed(address: &str) -> &str {
    let plain = |c: char| c.is_ascii_graphic() && !matches!(c, '\\' | '#' | '<' | '>' | '"');
    let path = address.split('?').next().unwrap_or_default();
    // Who came back to the sign-in would think that it had failed.
    let place = path.strip_prefix('/').filter(|place| *place != "sign-in");
    let known = place.is_some_and(page::is_place);
    let fits = address.len() <= LIMIT_CHARS && address.chars().all(plain);
    if known && fits { address } else { "/" }
}

#[cfg(test)]
mod tests {
    use super::allowed;

    #[test]
    fn only_addresses_of_the_page_are_taken() {
        for good in [
            "/",
            "/?tab=mine",
            "/profiles",
            "/tickets/new?portal=plain",
            "/history?estado=FAILED&p=2",
            "/sessions",
            "/tasks/018f4c1e-0000-7000-8000-000000000000",
            "/tasks/018f4c1e-0000-7000-8000-000000000000?live=1",
        ] {
            assert_eq!(allowed(good), good);
        }
        let long = format!("/?{}", "x".repeat(600));
        for evil in [
            "",
            "//evil.example",
            "/\\evil.example",
            "\\\\evil.example",
            "https://evil.example/",
            "javascript:alert(1)",
            "/ evil",
            "/\t/evil.example",
            "/?x\r\nSet-Cookie: a=b",
            "/?x=\\evil",
            "/#/evil",
            "/profiles/",
            "/profiles/..//evil.example",
            "/tasks/",
            "/tasks/not-an-id",
            "/tasks/018f4c1e000070008000000000000000",
            "/tasks/018f4c1e-0000-7000-8000-000000000000/../../x",
            "/sign-in",
            "/api/v1/auth/logout",
            "?x",
            "/ñ",
            &long,
        ] {
            assert_eq!(allowed(evil), "/", "{evil:?}");
        }
    }
}
