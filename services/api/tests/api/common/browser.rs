//! A browser as far as signing in goes: it keeps cookies by host and shows every step.

use super::{Answer, App, send};
use reqwest::{Method, RequestBuilder};
use std::collections::BTreeMap;
use url::Url;

/// A person's browser, with nobody signed in.
#[derive(Clone)]
pub struct Browser {
    http: reqwest::Client,
    /// The page's origin.
    pub home: String,
    /// Host, cookie's name → its value.
    jar: BTreeMap<(String, String), String>,
}

impl Browser {
    /// A fresh one, at the page of that installation.
    pub fn new(app: &App) -> Self {
        Self::at(app.config.api.public_address())
    }

    /// A fresh one, at that page.
    pub fn at(home: String) -> Self {
        let http = reqwest::Client::builder()
            .redirect(reqwest::redirect::Policy::none())
            .user_agent("Mozilla/5.0 (X11; Linux x86_64) Chrome/150.0.0.0 Safari/537.36")
            .build()
            .unwrap();
        Self {
            http,
            home,
            jar: BTreeMap::new(),
        }
    }

    /// The value of a cookie of the page's host.
    pub fn cookie(&self, name: &str) -> Option<&str> {
        let key = (host(&self.home), name.to_owned());
        self.jar.get(&key).map(String::as_str)
    }

    /// Puts a cookie of the page's host, or takes it away.
    pub fn set_cookie(&mut self, name: &str, value: Option<&str>) {
        let key = (host(&self.home), name.to_owned());
        match value {
            Some(value) => drop(self.jar.insert(key, value.to_owned())),
            None => drop(self.jar.remove(&key)),
        }
    }

    /// A request with the cookies of its host and nothing else a browser would add.
    pub fn bare(&self, method: Method, path: &str) -> RequestBuilder {
        let address = match path.starts_with('/') {
            true => format!("{}{path}", self.home),
            false => path.to_owned(),
        };
        let of_host = host(&address);
        let cookies = self.jar.iter().filter(|((host, _), _)| *host == of_host);
        let pairs: Vec<String> = cookies
            .map(|((_, name), value)| format!("{name}={value}"))
            .collect();
        let request = self.http.request(method, address);
        match pairs.is_empty() {
            true => request,
            false => request.header("cookie", pairs.join("; ")),
        }
    }

    /// A request as the page itself makes it.
    pub fn page(&self, method: Method, path: &str) -> RequestBuilder {
        let request = self.bare(method, path).header("x-relevo-request", "1");
        request.header("sec-fetch-site", "same-origin")
    }

    pub async fn get(&self, path: &str) -> Answer {
        send(self.page(Method::GET, path)).await
    }

    /// Sends a request and keeps the cookies that come with the answer.
    pub async fn send(&mut self, request: RequestBuilder) -> Answer {
        let request = request.build().unwrap();
        let host = host(request.url().as_str());
        let answer = Answer::of(self.http.execute(request).await.unwrap()).await;
        for line in answer.headers.get_all("set-cookie") {
            let line = line.to_str().unwrap();
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            let key = (host.clone(), name.to_owned());
            match line.contains("Max-Age=0") {
                true => drop(self.jar.remove(&key)),
                false => drop(self.jar.insert(key, value.to_owned())),
            }
        }
        answer
    }

    /// Opens an address, one step: the answer may be a redirect.
    pub async fn open(&mut self, address: &str) -> Answer {
        let request = self.bare(Method::GET, address);
        self.send(request.header("sec-fetch-site", "cross-site"))
            .await
    }

    /// Begins to sign in; the address of the provider's page.
    pub async fn begin(&mut self, return_to: &str) -> Url {
        let path = format!("/api/v1/auth/login?return={return_to}");
        let answer = self.open(&path).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location").parse().unwrap()
    }

    /// Chooses an account on the provider's page; the address it sends back to.
    pub async fn choose(&mut self, authorize: &Url, user: &str) -> String {
        let mut form: Vec<(String, String)> = authorize.query_pairs().into_owned().collect();
        form.push(("username".to_owned(), user.to_owned()));
        let address = authorize.as_str().split('?').next().unwrap();
        let request = self.bare(Method::POST, address).form(&form);
        let answer = self.send(request).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location").to_owned()
    }

    /// Signs in, the whole way; where the page is opened in the end.
    pub async fn sign_in(&mut self, user: &str, return_to: &str) -> String {
        let authorize = self.begin(return_to).await;
        let callback = self.choose(&authorize, user).await;
        let answer = self.open(&callback).await;
        assert_eq!(answer.status, 303, "{}", answer.text);
        answer.header("location").to_owned()
    }
}

fn host(address: &str) -> String {
    let address: Url = address.parse().unwrap();
    address.host_str().unwrap().to_owned()
}
