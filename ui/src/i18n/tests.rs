//! Every text is there, in both languages, and every text there is, is used.

use super::*;
use fluent_syntax::ast;
use fluent_syntax::parser::parse;
use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

/// Message → the names of its placeables.
fn messages(language: Language) -> BTreeMap<String, BTreeSet<String>> {
    let mut messages = BTreeMap::new();
    for source in language.sources() {
        let resource = parse(source).expect("sources parse");
        for entry in resource.body {
            if let ast::Entry::Message(message) = entry {
                let mut names = BTreeSet::new();
                let pattern = message.value.expect("messages have values");
                placeables(&pattern, &mut names);
                let known = messages.insert(message.id.name.to_owned(), names);
                assert!(known.is_none(), "{} twice", message.id.name);
            }
        }
    }
    messages
}

fn placeables(pattern: &ast::Pattern<&str>, names: &mut BTreeSet<String>) {
    for element in &pattern.elements {
        if let ast::PatternElement::Placeable { expression } = element {
            match expression {
                ast::Expression::Inline(inline) => named(inline, names),
                ast::Expression::Select { selector, variants } => {
                    named(selector, names);
                    for variant in variants {
                        placeables(&variant.value, names);
                    }
                }
            }
        }
    }
}

fn named(inline: &ast::InlineExpression<&str>, names: &mut BTreeSet<String>) {
    if let ast::InlineExpression::VariableReference { id } = inline {
        names.insert(id.name.to_owned());
    }
}

fn sources(folder: &Path, into: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        match path.is_dir() {
            true => sources(&path, into),
            false if path.extension().is_some_and(|e| e == "rs") => into.push(path),
            false => {}
        }
    }
}

fn code() -> String {
    let mut files = Vec::new();
    let own = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    sources(&own, &mut files);
    let texts = files.iter().map(|f| fs::read_to_string(f).expect("a file"));
    let lines = texts.collect::<String>();
    let lines = lines.lines().filter(|l| !l.trim_start().starts_with("//"));
    lines.collect::<Vec<_>>().join("\n")
}

/// The literals right after each of `call`.
fn literals(code: &str, call: &str) -> BTreeSet<String> {
    let after = code.split(call).skip(1);
    let quoted = after.filter_map(|rest| rest.trim_start().strip_prefix('"'));
    let ends = quoted.filter_map(|rest| rest.split('"').next());
    ends.filter(|key| !key.contains(' '))
        .map(str::to_owned)
        .collect()
}

#[test]
fn both_languages_have_the_same_messages_and_placeables() {
    let (spanish, english) = (messages(Language::Spanish), messages(Language::English));
    let keys = |m: &BTreeMap<String, _>| m.keys().cloned().collect::<BTreeSet<_>>();
    let (es, en) = (keys(&spanish), keys(&english));
    let apart: Vec<_> = es.symmetric_difference(&en).collect();
    assert!(apart.is_empty(), "in one language only: {apart:?}");
    for (key, names) in &spanish {
        assert_eq!(names, &english[key], "placeables of {key}");
    }
}

#[test]
fn every_key_in_the_code_has_a_message() {
    let code = code();
    let known = messages(Language::Spanish);
    let called = [".t(", ".tf(", "key!("].map(|call| literals(&code, call));
    let missing: BTreeSet<_> = called.iter().flatten().collect();
    let missing: Vec<_> = missing
        .into_iter()
        .filter(|key| !known.contains_key(*key))
        .collect();
    assert!(missing.is_empty(), "no message for {missing:?}");
}

#[test]
fn every_message_is_used() {
    let code = code();
    let known = messages(Language::Spanish).into_keys();
    let idle: Vec<_> = known
        .filter(|key| !code.contains(&format!("\"{key}\"")))
        .collect();
    assert!(idle.is_empty(), "never used: {idle:?}");
}

#[test]
fn numbers_choose_their_plural() {
    let i18n = I18n::new(Language::Spanish);
    assert_eq!(i18n.tf("ago-minutes", &[("n", 1.into())]), "hace un minuto");
    assert_eq!(i18n.tf("ago-minutes", &[("n", 5.into())]), "hace 5 minutos");
    let i18n = I18n::new(Language::English);
    assert_eq!(i18n.tf("ago-days", &[("n", 1.into())]), "yesterday");
}

#[test]
fn languages_are_known_by_their_tags() {
    assert_eq!(Language::of_tag("es-419"), Some(Language::Spanish));
    assert_eq!(Language::of_tag("EN"), Some(Language::English));
    assert_eq!(Language::of_tag("fr-FR"), None);
    assert_eq!(Language::of_tag(""), None);
}
