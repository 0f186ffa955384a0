//! Whether an answer has the shape its question asks for.

use crate::errors::{ApiResult, misfit};
use domain::task::AnswerShape;
use kit::problem::Refusal;
use schemas::FieldProblem;
use serde_json::Value;

/// Longest value of one field of an answer.
const VALUE_CHARS: usize = 200;

/// The answer, trimmed, when it fits.
///
/// # Errors
/// 422 that names what does not fit.
pub fn check(shape: &AnswerShape, answer: Value) -> ApiResult<Value> {
    match (shape, answer) {
        (AnswerShape::Control, Value::Null | Value::Bool(true)) => Ok(Value::Bool(true)),
        (AnswerShape::Control, _) => wrong("aquí no se escribe nada: manda true para seguir"),
        (AnswerShape::Text { max_chars }, Value::String(text)) => {
            let text = text.trim();
            let count = text.chars().count();
            if count == 0 || count > *max_chars as usize || text.chars().any(char::is_control) {
                return wrong(&format!("escribe de 1 a {max_chars} caracteres"));
            }
            Ok(Value::String(text.to_owned()))
        }
        (AnswerShape::Text { .. }, _) => wrong("manda un texto"),
        (AnswerShape::Choice { options }, Value::String(text)) if options.contains(&text) => {
            Ok(Value::String(text))
        }
        (AnswerShape::Choice { options }, _) => {
            wrong(&format!("elige una de: {}", options.join(", ")))
        }
        (AnswerShape::Decision, Value::Bool(yes)) => Ok(Value::Bool(yes)),
        (AnswerShape::Decision, _) => wrong("manda true (sí) o false (no)"),
        (AnswerShape::Fields { names }, Value::Object(values)) => fields(names, values),
        (AnswerShape::Fields { .. }, _) => wrong("manda los valores por campo"),
        (AnswerShape::Files, _) => wrong("sube los archivos en /artifacts de esta tarea"),
    }
}

fn fields(names: &[String], mut values: serde_json::Map<String, Value>) -> ApiResult<Value> {
    let mut errors: Vec<FieldProblem> = Vec::new();
    let mut checked = serde_json::Map::new();
    for name in names {
        let path = format!("answer.{name}");
        match values.remove(name) {
            Some(Value::String(text)) if fits(text.trim()) => {
                checked.insert(name.clone(), Value::String(text.trim().to_owned()));
            }
            Some(Value::String(text)) if !text.trim().is_empty() => {
                errors.push(misfit(&path, "answer-shape", "a lo más 200 caracteres"));
            }
            Some(Value::String(_)) | None => {
                errors.push(misfit(&path, "field-missing", "falta este dato"));
            }
            Some(_) => errors.push(misfit(&path, "wrong-type", "escribe el dato como texto")),
        }
    }
    for name in values.keys() {
        let name: String = name.chars().filter(|c| !c.is_control()).take(40).collect();
        let path = format!("answer.{name}");
        errors.push(misfit(
            &path,
            "field-unknown",
            "no se preguntó por este dato",
        ));
    }
    match errors.is_empty() {
        true => Ok(Value::Object(checked)),
        false => Err(Refusal::invalid(errors).into()),
    }
}

fn fits(text: &str) -> bool {
    let count = text.chars().count();
    (1..=VALUE_CHARS).contains(&count) && !text.chars().any(char::is_control)
}

fn wrong(message: &str) -> ApiResult<Value> {
    let error = misfit("answer", "answer-shape", message);
    Err(Refusal::invalid(vec![error]).into())
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use serde_json::json;

    fn fields_of(result: ApiResult<Value>) -> Vec<String> {
        let errors = result.unwrap_err().0.problem.errors;
        errors.into_iter().map(|e| e.field).collect()
    }

    #[test]
    fn an_answer_of_the_right_shape_is_taken_trimmed() {
        let text = AnswerShape::Text { max_chars: 6 };
        assert_eq!(check(&text, json!(" aB3dE6 ")).unwrap(), json!("aB3dE6"));
        assert_eq!(
            check(&AnswerShape::Control, json!(null)).unwrap(),
            json!(true)
        );
        assert_eq!(
            check(&AnswerShape::Decision, json!(false)).unwrap(),
            json!(false)
        );
        let choice = AnswerShape::Choice {
            options: vec!["A".into(), "B".into()],
        };
        assert_eq!(check(&choice, json!("B")).unwrap(), json!("B"));
        let fields = AnswerShape::Fields {
            names: vec!["folio".into()],
        };
        assert_eq!(
            check(&fields, json!({ "folio": " 7 " })).unwrap(),
            json!({ "folio": "7" })
        );
    }

    #[test]
    fn an_answer_of_another_shape_is_refused() {
        let text = AnswerShape::Text { max_chars: 3 };
        for answer in [
            json!(""),
            json!("abcd"),
            json!(7),
            json!(null),
            json!("a\u{0}"),
        ] {
            assert_eq!(fields_of(check(&text, answer)), ["answer"]);
        }
        let choice = AnswerShape::Choice {
            options: vec!["A".into()],
        };
        assert_eq!(fields_of(check(&choice, json!("C"))), ["answer"]);
        assert_eq!(
            fields_of(check(&AnswerShape::Decision, json!("true"))),
            ["answer"]
        );
        assert_eq!(
            fields_of(check(&AnswerShape::Control, json!("x"))),
            ["answer"]
        );
        assert_eq!(
            fields_of(check(&AnswerShape::Files, json!("x"))),
            ["answer"]
        );
    }

    #[test]
    fn every_misfit_field_of_an_answer_is_named() {
        let fields = AnswerShape::Fields {
            names: vec!["folio".into(), "sucursal".into(), "caja".into()],
        };
        let answer = json!({ "folio": "", "caja": 3, "rfc": "x" });
        assert_eq!(
            fields_of(check(&fields, answer)),
            [
                "answer.folio",
                "answer.sucursal",
                "answer.caja",
                "answer.rfc"
            ]
        );
    }
}
