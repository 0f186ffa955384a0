//! The portals' words are their own: the usual patterns for portals' messages match none of them,
//! so only an adapter's patterns can tell what they mean.

use regex::Regex;

use crate::harness::{
    Page, Person, RFC, Vendors, plain_form, plain_sale, vendors, with, wizard_first, wizard_sale,
    wizard_second, wizard_third,
};

/// Patterns over lower-case, unaccented, space-collapsed text that fit many real portals.
const USUAL: [(&str, &str); 11] = [
    (
        "already invoiced",
        r"ya\s.{0,30}facturad[oa]|previamente facturad|facturado (previa|anterior)mente|ya (existe|cuenta con).{0,30}factura",
    ),
    (
        "expired",
        r"(fuera|vencid|expirad|exced).{0,40}(periodo|plazo|mes|fecha|tiempo)|(periodo|plazo|ticket|tiempo).{0,60}(vencio|vencid|expir|caduc|conclu|termin)|incluid[oa].{0,30}factura global",
    ),
    (
        "amount",
        r"(monto|total|importe).{0,60}no (coincide|corresponde)",
    ),
    (
        "captcha",
        r"captcha|no soy un robot|verifica que eres humano|codigo de (seguridad|la imagen).{0,30}(incorrecto|invalido|no coincide)",
    ),
    (
        "fiscal data",
        r"cfdi40\d{3}|lista de rfc|(nombre|razon social|domicilio|codigo postal|regimen|uso).{0,60}(no corresponde|no coincide|no pertenece|debe (pertenecer|corresponder))",
    ),
    (
        "bad rfc",
        r"rfc.{0,40}(invalido|incorrecto|no (es )?valido|no coincide|no (se )?(encuentra|existe|localiz))",
    ),
    (
        "too new",
        r"(aun|todavia) no.{0,40}(disponible|registrad|cargad|encuentra)|intent[ae].{0,30}(24|48) ?h",
    ),
    (
        "not found",
        r"no (existe|se encontro|encontrad|se localiz|se encuentra)|(ticket|folio|codigo|referencia).{0,40}(invalid|no (es )?valid)|datos.{0,20}incorrectos",
    ),
    ("login", r"inicia(r)? sesion|contrasena"),
    (
        "down",
        r"servicio no disponible|mantenimiento|intente.{0,15}mas tarde|error (interno|5\d\d)",
    ),
    (
        "success",
        r"factura.{0,25}(generada|emitida|procesada|exitos)|se (ha )?generado|folio fiscal|gracias por (su|tu) preferencia|recibira.{0,25}correo|[0-9a-f]{8}-[0-9a-f]{4}-",
    ),
];

/// A page's visible text, as the patterns want it.
fn plain_text(html: &str) -> String {
    let mut text = String::new();
    for piece in html.split('<') {
        text.push_str(piece.split_once('>').map_or(piece, |(_, after)| after));
        text.push(' ');
    }
    let lower = text.to_lowercase();
    let unaccented = lower.chars().map(|c| match c {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        c => c,
    });
    unaccented
        .collect::<String>()
        .split_whitespace()
        .collect::<Vec<_>>()
        .join(" ")
}

fn own_words(page: &Page) {
    let text = plain_text(&page.html());
    for (class, pattern) in USUAL {
        let found = Regex::new(pattern)
            .unwrap()
            .find(&text)
            .map(|found| found.as_str().to_owned());
        assert_eq!(found, None, "{class} in {}: {text}", page.path);
    }
}

#[test]
fn the_patterns_do_match_usual_messages() {
    let usual = [
        "Este ticket ya fue facturado.",
        "El folio no existe.",
        "El total no coincide.",
    ];
    for message in usual {
        let text = plain_text(message);
        assert!(
            USUAL
                .iter()
                .any(|(_, pattern)| Regex::new(pattern).unwrap().is_match(&text))
        );
    }
}

const KINDS: [&str; 6] = [
    "ok",
    "not_found",
    "expired",
    "too_new",
    "already_invoiced_elsewhere",
    "fiscal_refused",
];

#[tokio::test]
async fn the_plain_portal_speaks_its_own_words() {
    let vendors = vendors().await;
    let mut person = vendors.at_plain();
    for path in ["/", "/copia"] {
        own_words(&person.get(path).await);
    }
    for (index, kind) in KINDS.into_iter().enumerate() {
        let ticket = format!("30000000000{index}");
        vendors
            .order("/tickets", plain_sale(&ticket, 10_000, kind))
            .await;
        let form = || plain_form(&ticket, "100.00");
        for form in [
            with(form(), "total", "1.00"),
            with(form(), "rfc", "ABC"),
            with(form(), "nombre", ""),
            with(form(), "cp", "1"),
            with(form(), "regimen", "605"),
            with(form(), "regimen", ""),
            with(form(), "uso", "D01"),
            with(form(), "fecha", "ayer"),
            form(),
            form(),
        ] {
            own_words(&person.post("/facturar", &form).await);
        }
        for rfc in [RFC, "EKU9003173C9"] {
            let ask = [
                ("ticket", ticket.as_str()),
                ("sucursal", "001"),
                ("rfc", rfc),
            ];
            own_words(&person.post("/copia", &ask).await);
        }
    }
}

async fn through(vendors: &Vendors, person: &mut Person, ticket: &str, total: &str) {
    own_words(&wizard_first(vendors, person, ticket, total).await);
}

#[tokio::test]
async fn the_wizard_speaks_its_own_words() {
    let vendors = vendors().await;
    let mut person = vendors.at_wizard().await;
    own_words(&person.get("/").await);
    own_words(&person.get("/reponer").await);
    own_words(&person.post("/paso/1", &[("d4", "?")]).await);
    for (index, kind) in KINDS.into_iter().enumerate() {
        let ticket = format!("400000{index}");
        vendors
            .order("/tickets", wizard_sale(&ticket, 10_000, kind))
            .await;
        through(&vendors, &mut person, &ticket, "1.00").await;
        through(&vendors, &mut person, &ticket, "100.00").await;
        for rfc in ["X", "GODE561231GR8", RFC] {
            let form = [
                ("r_f_c", rfc),
                ("denominacion", "X"),
                ("domicilio", "91700"),
                ("regimen", "r0"),
            ];
            own_words(&person.post("/paso/2", &form).await);
        }
        own_words(&wizard_second(&mut person).await);
        own_words(&wizard_third(&mut person).await);
        through(&vendors, &mut person, &ticket, "100.00").await;
        for rfc in [RFC, "EKU9003173C9"] {
            let ask = [("q1", ticket.as_str()), ("q2", "ABC123"), ("q3", rfc)];
            own_words(&person.post("/reponer", &ask).await);
        }
    }
    person.cookie = None;
    own_words(&person.get("/paso/2").await);
}
