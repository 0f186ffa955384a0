//! Running portals, and a person who types into them.

use std::{path::PathBuf, time::Duration};

use portals::{Portals, PortalsConfig};
use reqwest::{Client, StatusCode, header, redirect::Policy};
use serde_json::{Value, json};

/// Portals on free ports.
pub struct Vendors {
    pub portals: Portals,
    http: Client,
}

pub async fn vendors() -> Vendors {
    vendors_with(Duration::from_secs(1), None).await
}

pub async fn vendors_with(ready_after: Duration, dir: Option<PathBuf>) -> Vendors {
    let free = "127.0.0.1:0".parse().unwrap();
    let config = PortalsConfig {
        plain: free,
        wizard: free,
        control: free,
        ready_after,
        dir,
    };
    let portals = Portals::start(config).await.unwrap();
    let http = Client::builder().redirect(Policy::none()).build().unwrap();
    Vendors { portals, http }
}

impl Vendors {
    pub async fn control(&self, path: &str) -> Value {
        let url = format!("{}{path}", self.portals.control_url());
        self.http
            .get(url)
            .send()
            .await
            .unwrap()
            .json()
            .await
            .unwrap()
    }

    pub async fn order(&self, path: &str, body: Value) {
        let url = format!("{}{path}", self.portals.control_url());
        let response = self.http.post(url).json(&body).send().await.unwrap();
        assert_eq!(response.status(), StatusCode::NO_CONTENT);
    }

    pub async fn presses(&self, ticket: &str) -> u64 {
        self.control(&format!("/submits?ticket={ticket}")).await["count"]
            .as_u64()
            .unwrap()
    }

    pub fn at_plain(&self) -> Person {
        Person::new(&self.http, self.portals.plain_url())
    }

    pub async fn at_wizard(&self) -> Person {
        let mut person = Person::new(&self.http, self.portals.wizard_url());
        person.get("/").await;
        person
    }

    /// The answer of the image on the page, from the control port.
    pub async fn read_image(&self, page: &str) -> String {
        let id = between(page, "/captcha/", ".png");
        self.control(&format!("/captcha/{id}")).await["answer"]
            .as_str()
            .unwrap()
            .to_owned()
    }
}

/// A page as it arrived.
pub struct Page {
    pub status: StatusCode,
    pub path: String,
    pub headers: header::HeaderMap,
    pub bytes: Vec<u8>,
}

impl Page {
    pub fn html(&self) -> String {
        String::from_utf8(self.bytes.clone()).unwrap()
    }

    /// What the portal complains of.
    pub fn complaint(&self) -> String {
        let html = self.html();
        let start = if html.contains("role=\"alert\">") {
            "role=\"alert\">"
        } else {
            "role=\"status\">"
        };
        between(&html, start, "<").to_owned()
    }
}

/// Somebody with a browser: follows redirects and keeps the cookie.
pub struct Person {
    http: Client,
    base: String,
    pub cookie: Option<String>,
}

impl Person {
    fn new(http: &Client, base: String) -> Person {
        Person {
            http: http.clone(),
            base,
            cookie: None,
        }
    }

    pub async fn get(&mut self, path: &str) -> Page {
        self.follow(self.http.get(format!("{}{path}", self.base)), path)
            .await
            .unwrap()
    }

    pub async fn post(&mut self, path: &str, fields: &[(&str, &str)]) -> Page {
        self.try_post(path, fields).await.unwrap()
    }

    pub async fn try_post(&mut self, path: &str, fields: &[(&str, &str)]) -> reqwest::Result<Page> {
        self.follow(
            self.http.post(format!("{}{path}", self.base)).form(fields),
            path,
        )
        .await
    }

    async fn follow(
        &mut self,
        request: reqwest::RequestBuilder,
        path: &str,
    ) -> reqwest::Result<Page> {
        let (mut request, mut path) = (request, path.to_owned());
        loop {
            if let Some(cookie) = &self.cookie {
                request = request.header(header::COOKIE, cookie);
            }
            let response = request.send().await?;
            if let Some(cookie) = response.headers().get(header::SET_COOKIE) {
                self.cookie = cookie
                    .to_str()
                    .unwrap()
                    .split(';')
                    .next()
                    .map(str::to_owned);
            }
            if response.status() == StatusCode::SEE_OTHER {
                path = response.headers()[header::LOCATION]
                    .to_str()
                    .unwrap()
                    .to_owned();
                request = self.http.get(format!("{}{path}", self.base));
                continue;
            }
            let (status, headers) = (response.status(), response.headers().clone());
            return Ok(Page {
                status,
                path,
                headers,
                bytes: response.bytes().await?.to_vec(),
            });
        }
    }
}

pub fn between<'a>(text: &'a str, start: &str, end: &str) -> &'a str {
    let from = text
        .find(start)
        .unwrap_or_else(|| panic!("no {start:?} in {text}"))
        + start.len();
    &text[from..from + text[from..].find(end).unwrap()]
}

/// A buyer whose name and RFC need escaping.
pub const RFC: &str = "A&A050908GT0";
pub const NAME: &str = "Peña & \"Hijos\" <Ñandú>";

pub fn plain_form<'a>(ticket: &'a str, total: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("ticket", ticket),
        ("sucursal", "001"),
        ("fecha", "20/11/2026"),
        ("total", total),
        ("rfc", RFC),
        ("nombre", NAME),
        ("cp", "91700"),
        ("regimen", "601"),
        ("uso", "G03"),
        ("forma_pago", "28"),
        ("correo", "compras@example.mx"),
    ]
}

/// The same form with one field changed.
pub fn with<'a>(
    mut form: Vec<(&'a str, &'a str)>,
    name: &str,
    value: &'a str,
) -> Vec<(&'a str, &'a str)> {
    form.iter_mut().find(|(own, _)| *own == name).unwrap().1 = value;
    form
}

/// Registers a sale at the plain portal.
pub fn plain_sale(ticket: &str, total_cents: u64, kind: &str) -> Value {
    json!({"portal": "plain", "ticket": ticket, "total_cents": total_cents, "kind": kind})
}

/// Registers a sale at the wizard.
pub fn wizard_sale(ticket: &str, total_cents: u64, kind: &str) -> Value {
    json!({
        "portal": "wizard", "ticket": ticket, "clave_web": "ABC123",
        "total_cents": total_cents, "kind": kind
    })
}

/// The wizard's first step, with the image read.
pub async fn wizard_first(
    vendors: &Vendors,
    person: &mut Person,
    ticket: &str,
    total: &str,
) -> Page {
    let page = person.get("/paso/1").await;
    let answer = vendors.read_image(&page.html()).await;
    let fields = [
        ("d1", ticket),
        ("d2", "abc 123"),
        ("d3", total),
        ("d4", answer.as_str()),
    ];
    person.post("/paso/1", &fields).await
}

/// The value of an option by its text, as a person chooses it.
pub fn option<'a>(page: &'a str, text: &str) -> &'a str {
    let end = page
        .find(&format!(">{text}</option>"))
        .unwrap_or_else(|| panic!("no option {text}"));
    between(
        &page[page[..end].rfind("<option").unwrap()..],
        "value=\"",
        "\"",
    )
}

/// The second step.
pub async fn wizard_second(person: &mut Person) -> Page {
    let page = person.get("/paso/2").await.html();
    let fields = [
        ("r_f_c", RFC),
        ("denominacion", NAME),
        ("domicilio", "91700"),
        ("regimen", option(&page, "General de Ley Personas Morales")),
        ("destino", option(&page, "Gastos en general")),
        ("buzon", ""),
    ];
    person.post("/paso/2", &fields).await
}

/// The final button.
pub async fn wizard_third(person: &mut Person) -> Page {
    let page = person.get("/paso/3").await.html();
    person
        .post(
            "/paso/3",
            &[("modo_pago", option(&page, "Tarjeta de débito"))],
        )
        .await
}
