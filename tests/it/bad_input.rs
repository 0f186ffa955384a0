//! Bad input: a problem document that names each field, and nothing stored.

use crate::world;
use chrono::TimeDelta;
use client::Client;
use domain::fiscal::{MEXICO_CITY, mexico_today};
use reqwest::Method;
use schemas::Problem;
use serde_json::{Value, json};

async fn refused(client: &Client, path: &str, body: &Value) -> anyhow::Result<Problem> {
    let response = client.raw(Method::POST, path).json(body).send().await?;
    let kind = response.headers()["content-type"].to_str()?.to_owned();
    assert_eq!(kind, "application/problem+json", "{body}");
    let status = response.status().as_u16();
    let problem: Problem = response.json().await?;
    assert_eq!(problem.status, status);
    assert!(
        problem.kind.starts_with("urn:relevo:problem:"),
        "{problem:?}"
    );
    Ok(problem)
}

fn fields(problem: &Problem) -> Vec<&str> {
    problem.errors.iter().map(|e| e.field.as_str()).collect()
}

#[test]
fn every_misfit_field_of_a_ticket_is_named_and_nothing_is_stored() {
    world::run_as("analyst", async |case| {
        let now = chrono::DateTime::<chrono::Utc>::from(std::time::SystemTime::now());
        let tomorrow = mexico_today(now, MEXICO_CITY) + TimeDelta::days(1);
        let good = json!({
            "portal": "la-espera", "profile": case.profile,
            "fields": { "folio": "ABCD1", "fecha": tests::builders::today(), "total": "10.00" },
        });
        let with = |pointer: &str, value: Value| {
            let mut body = good.clone();
            let (parent, name) = pointer.rsplit_once('/').unwrap();
            let at = body.pointer_mut(parent).unwrap().as_object_mut().unwrap();
            at.insert(name.to_owned(), value);
            body
        };
        let cases = [
            (with("/portal", json!("nadie")), vec!["portal"]),
            (with("/profile", json!("nadie")), vec!["profile"]),
            (with("/uso_cfdi", json!("X99")), vec!["uso_cfdi"]),
            (with("/uso_cfdi", json!("CN01")), vec!["uso_cfdi"]),
            (with("/forma_pago", json!("77")), vec!["forma_pago"]),
            (with("/confirm", json!("maybe")), vec!["confirm"]),
            (with("/fields/total", json!("diez")), vec!["fields.total"]),
            (with("/fields/total", json!("0.00")), vec!["fields.total"]),
            (with("/fields/total", json!("10.005")), vec!["fields.total"]),
            (with("/fields/total", json!(10)), vec!["fields.total"]),
            (
                with("/fields/fecha", json!(tomorrow.to_string())),
                vec!["fields.fecha"],
            ),
            (
                with("/fields/fecha", json!("31/02/2026")),
                vec!["fields.fecha"],
            ),
            (with("/fields/folio", json!("¡no!")), vec!["fields.folio"]),
            (with("/fields/folio", json!("")), vec!["fields.folio"]),
            (with("/fields/caja", json!("7")), vec!["fields.caja"]),
            (with("/fields/color", json!("rojo")), vec!["fields.color"]),
            (with("/secret", json!(1)), vec!["secret"]),
            (
                json!({ "portal": "la-espera", "profile": case.profile, "confirm": "x" }),
                vec!["confirm", "fields.folio", "fields.fecha", "fields.total"],
            ),
        ];
        for (body, named) in cases {
            let problem = refused(&case.client, "tasks", &body).await?;
            assert_eq!(problem.status, 422, "{body}: {problem:?}");
            assert_eq!(fields(&problem), named, "{body}: {problem:?}");
            assert!(problem.errors.iter().all(|e| !e.message.is_empty()));
        }
        let tasks = case.client.tasks("limit=10").await?;
        assert_eq!(tasks.items, [], "nothing is stored");
        Ok(())
    });
}

#[test]
fn every_misfit_field_of_a_profile_is_named() {
    world::run_as("operator", async |case| {
        let before = case.client.profiles().await?.items.len();
        let bad = json!({
            "rfc": "XIQB891399QE4", "name": "", "postal_code": "7634", "regimen": "999",
            "email": "nada",
        });
        let problem = refused(&case.client, "profiles", &bad).await?;
        let named = fields(&problem);
        for field in ["rfc", "name", "postal_code", "regimen", "email"] {
            assert!(named.contains(&field), "{field}: {named:?}");
        }
        let mut generic = serde_json::to_value(tests::builders::demo_profile())?;
        generic["rfc"] = json!("XAXX010101000");
        let problem = refused(&case.client, "profiles", &generic).await?;
        assert_eq!(fields(&problem), ["rfc"], "the generic RFC is nobody's");
        assert_eq!(case.client.profiles().await?.items.len(), before);
        Ok(())
    });
}

#[test]
fn oversized_and_malformed_bodies_are_refused() {
    world::run(async |case| {
        let send = async |body: String, kind: &str| {
            let request = case.client.raw(Method::POST, "tasks");
            let response = request
                .header("Content-Type", kind)
                .body(body)
                .send()
                .await?;
            let status = response.status().as_u16();
            let problem: Problem = response.json().await?;
            anyhow::Ok((status, problem.code().to_owned()))
        };
        let json = "application/json";
        let huge = format!("{{\"portal\":\"{}\"}}", "x".repeat(300 * 1024));
        assert_eq!(send(huge, json).await?, (413, "body-too-large".to_owned()));
        let torn = "{\"portal\":".to_owned();
        assert_eq!(send(torn, json).await?, (400, "malformed-json".to_owned()));
        let other = send("portal=x".to_owned(), "application/x-www-form-urlencoded").await?;
        assert_eq!(other, (415, "unsupported-media-type".to_owned()));
        let twice = "{\"portal\":\"a\",\"portal\":\"b\"}".to_owned();
        assert_eq!(send(twice, json).await?.0, 422);
        Ok(())
    });
}
