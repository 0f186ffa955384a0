//! The life of a fiscal profile.

use crate::common::{App, berenice};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_added_mended_and_retired() {
    let app = App::start().await;
    let demo = app.client("demo");
    let made = demo
        .post_with_key("/api/v1/profiles", "k", &berenice())
        .await;
    assert_eq!(made.status, 201, "{}", made.text);
    let id = made.json["id"].as_str().unwrap();
    let path = format!("/api/v1/profiles/{id}");
    assert_eq!(made.header("location"), path);
    assert_eq!(made.json["version"], 1);
    assert_eq!(made.json["warnings"], json!([]));
    let again = demo
        .post_with_key("/api/v1/profiles", "k", &berenice())
        .await;
    assert_eq!((again.status, &again.json["id"]), (200, &json!(id)));
    let taken = demo.post("/api/v1/profiles", &berenice()).await;
    assert_eq!((taken.status, taken.code()), (409, "rfc-in-use"));
    assert_eq!(taken.json["profile"], id);

    let mut changed = berenice();
    changed["postal_code"] = json!("06000");
    let mended = demo.put(&path, &changed).await;
    assert_eq!(
        (mended.status, &mended.json["version"]),
        (200, &json!(2)),
        "{}",
        mended.text
    );
    let position = mended.json["position"].as_u64().unwrap();
    let read = demo.get(&format!("{path}?min_position={position}")).await;
    assert_eq!(read.json, mended.json, "the read model tells the same");
    assert_eq!(read.json["postal_code"], "06000");

    let retired = demo.delete(&path).await;
    assert_eq!(
        (retired.status, &retired.json["retired"]),
        (200, &json!(true))
    );
    let position = retired.json["position"].as_u64().unwrap();
    let list = demo
        .get(&format!("/api/v1/profiles?min_position={position}"))
        .await;
    assert_eq!(list.json["items"][0], retired.json);
    for answer in [demo.delete(&path).await, demo.put(&path, &berenice()).await] {
        assert_eq!((answer.status, answer.code()), (404, "not-found"));
    }
    let free = demo.post("/api/v1/profiles", &berenice()).await;
    assert_eq!(free.status, 201, "a retired profile frees its RFC");

    let log: Vec<String> =
        sqlx::query_scalar("select payload::text || metadata::text from log.events")
            .fetch_all(&app.admin)
            .await
            .unwrap();
    for secret in ["XIQB891116QE4", "BERENICE", "06000", "berenice@ejemplo.mx"] {
        assert!(
            log.iter().all(|text| !text.contains(secret)),
            "{secret} is in the log"
        );
    }
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_found_by_its_rfc_by_its_owner_alone() {
    let app = App::start().await;
    let (demo, ana) = (app.client("demo"), app.client("ana"));
    let made = demo.post("/api/v1/profiles", &berenice()).await;
    let position = &made.json["position"];
    let find = "/api/v1/profiles/find";
    let ask = |rfc: &str| json!({ "rfc": rfc, "min_position": position });
    let found = demo.post(find, &ask(" xiqb891116qe4 ")).await;
    assert_eq!(found.status, 200, "{}", found.text);
    assert_eq!(found.json["items"], json!([made.json]));
    for (client, rfc) in [(&demo, "CACX7605101P8"), (&ana, "XIQB891116QE4")] {
        let nothing = client.post(find, &ask(rfc)).await;
        assert_eq!(nothing.json["items"], json!([]), "{rfc}");
    }
    let wrong = demo.post(find, &ask("XIQB891332QE4")).await;
    assert_eq!(
        (wrong.status, wrong.misfits()),
        (422, vec!["rfc:rfc-date".to_owned()])
    );
    let unknown = demo
        .post(find, &json!({ "rfc": "XIQB891116QE4", "name": "" }))
        .await;
    assert_eq!(unknown.status, 422);
    let stored: Vec<String> = sqlx::query_scalar("select p::text from read.profiles p")
        .fetch_all(&app.admin)
        .await
        .unwrap();
    assert!(
        stored.len() == 1 && !stored[0].contains("XIQB"),
        "{stored:?}"
    );
    app.stop().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_profile_is_judged_as_one_types() {
    let app = App::start_without_projector().await;
    let demo = app.client("demo");
    let validate = "/api/v1/profiles/validate";
    let fine = demo.post(validate, &berenice()).await;
    assert_eq!((fine.status, &fine.json["valid"]), (200, &json!(true)));
    let empty = demo.post(validate, &json!({})).await;
    assert_eq!(empty.json["valid"], false);
    assert_eq!(
        empty.misfits(),
        [
            "email:email-syntax",
            "name:name-empty",
            "postal_code:postal-code-syntax",
            "regimen:regimen-unknown",
            "rfc:rfc-empty",
        ]
    );
    let mut doubtful = berenice();
    doubtful["rfc"] = json!("XIQB891116QE5");
    let doubtful = demo.post(validate, &doubtful).await;
    assert_eq!(doubtful.json["valid"], true);
    assert_eq!(doubtful.json["warnings"][0]["code"], "rfc-check-digit");

    let cases = [
        ("rfc", "XAXX010101000", "rfc:rfc-generic"),
        ("rfc", "XIQB891332QE4", "rfc:rfc-date"),
        ("regimen", "601", "regimen:regimen-person-mismatch"),
        ("default_use", "CN01", "default_use:use-regimen-mismatch"),
        ("email", "berenice", "email:email-syntax"),
    ];
    for (field, value, misfit) in cases {
        let mut body = berenice();
        body[field] = json!(value);
        let answer = demo.post("/api/v1/profiles", &body).await;
        assert_eq!(
            (answer.status, answer.code()),
            (422, "invalid-fields"),
            "{misfit}"
        );
        assert_eq!(answer.misfits(), [misfit]);
    }
    assert_eq!(app.events().await, 0, "nothing was stored");
    app.stop().await;
}
