//! `cargo xtask token`: asks the running sign-in provider, as any client would.

use std::io::{Read, Write};
use std::net::TcpStream;
use std::process::ExitCode;
use std::time::Duration;

use anyhow::{Context, Result, bail};

/// Prints an access token and nothing else.
pub fn print(user: &str) -> Result<ExitCode> {
    if !user.chars().all(|c| c.is_ascii_alphanumeric()) {
        bail!("{user:?} is no user: demo, ana, auditor, analyst or operator");
    }
    let file = parts::state_dir()?.join("up/issuer");
    let issuer = std::fs::read_to_string(&file)
        .context("nothing has been started here yet; run `cargo xtask up` in another terminal")?;
    let address = issuer.trim().trim_start_matches("http://");
    let body = format!("grant_type=password&username={user}&password={user}");
    let answer = post(address, "/token", &body)
        .with_context(|| format!("{address} doesn't answer; is `cargo xtask up` running?"))?;
    match value_of(&answer, "access_token") {
        Some(token) => println!("{token}"),
        None => bail!("no token for {user:?}; users are demo, ana, auditor, analyst and operator"),
    }
    Ok(ExitCode::SUCCESS)
}

/// One HTTP/1.0 request: a client library would cost more to build than all of this program.
fn post(address: &str, path: &str, body: &str) -> Result<String> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    write!(
        stream,
        "POST {path} HTTP/1.0\r\nHost: {address}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\nConnection: close\r\n\r\n{body}",
        body.len()
    )?;
    let mut answer = String::new();
    stream.read_to_string(&mut answer)?;
    Ok(answer)
}

/// The text of a JSON field that holds no escapes, as a JWT does not.
fn value_of<'a>(json: &'a str, name: &str) -> Option<&'a str> {
    let (_, rest) = json.split_once(&format!("\"{name}\":\""))?;
    rest.split_once('"').map(|(value, _)| value)
}

#[cfg(test)]
mod tests {
    use super::value_of;

    #[test]
    fn finds_a_token_in_an_answer() {
        let answer = "HTTP/1.0 200 OK\r\n\r\n{\"access_token\":\"a.b.c\",\"expires_in\":3600}";
        assert_eq!(value_of(answer, "access_token"), Some("a.b.c"));
        assert_eq!(
            value_of("{\"error\":\"invalid_grant\"}", "access_token"),
            None
        );
    }
}
