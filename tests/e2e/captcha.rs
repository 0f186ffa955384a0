//! The CAPTCHA answered as text, without touching the browser.

use crate::world;
use anyhow::ensure;
use domain::TaskId;
use serde_json::json;
use tests::builders::{pesos, wizard_numbers, wizard_ticket};
use tests::{Case, delivered};

/// Answers the open CAPTCHA with what the portal knows.
pub async fn solve(case: &Case<'_>, id: TaskId) -> anyhow::Result<u64> {
    let question = case.question(id, "captcha", None).await?;
    let text = case.installation.control().captcha().await?;
    let answer = case.client.answer(id, question.id, json!(text)).await?;
    Ok(answer.sequence)
}

#[test]
fn a_wrong_answer_gives_a_new_image_and_asks_again() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let control = case.installation.control();
        let (folio, web_id) = wizard_numbers(45_000);
        let ticket = wizard_ticket(case.profile, &folio, &web_id, &pesos(45_000));
        let id = case.submit(&ticket).await?.task_id;
        let first = case.question(id, "captcha", None).await?;
        let right = control.captcha().await?;
        let wrong: String = right
            .chars()
            .rev()
            .map(|c| if c == 'A' { 'B' } else { 'A' })
            .collect();
        case.client.answer(id, first.id, json!(wrong)).await?;
        let second = case.question(id, "captcha", Some(&first)).await?;
        let new = control.captcha().await?;
        ensure!(new != right, "the image is still the old one");
        // The first question is over.
        let late = case
            .client
            .answer(id, first.id, json!(new))
            .await
            .unwrap_err();
        let problem = late.problem().expect("a problem document");
        assert_eq!(problem.code(), "intervention-not-open");
        let answered = case.client.answer(id, second.id, json!(new)).await?;
        let done = case.completed(id, answered.sequence).await?;
        delivered(&case.client, &done).await?;
        assert_eq!(control.submits(&folio).await?.count, 1);
        let told = serde_json::to_string(&case.events(id).await?)?;
        for answer in [&right, &new, &wrong] {
            assert!(
                !told.contains(answer.as_str()),
                "the answer {answer} is told"
            );
        }
        Ok(())
    });
}

#[test]
fn an_answer_of_another_shape_is_refused_and_the_question_stays() {
    world::run(async |case| {
        let _wizard = world::wizard().await;
        let (folio, web_id) = wizard_numbers(20_000);
        let ticket = wizard_ticket(case.profile, &folio, &web_id, &pesos(20_000));
        let id = case.submit(&ticket).await?.task_id;
        let question = case.question(id, "captcha", None).await?;
        for wrong in [
            json!(7),
            json!(""),
            json!({ "x": 1 }),
            json!("x".repeat(1000)),
        ] {
            let refused = case
                .client
                .answer(id, question.id, wrong)
                .await
                .unwrap_err();
            let problem = refused.problem().expect("a problem document");
            assert_eq!(problem.errors[0].field, "answer", "{problem:?}");
        }
        let answered = solve(case, id).await?;
        case.completed(id, answered).await?;
        Ok(())
    });
}
