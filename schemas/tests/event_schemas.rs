//! The schemas in `schemas/events` are what the types of `domain` say, and every recorded example of
//! an event is valid under its own.
//!
//! A schema that no longer fits: `UPDATE_SCHEMAS=1 cargo test -p schemas --test event_schemas` writes
//! the newest version of each. Look at what changed before it is committed: an event that was written
//! must stay valid, so anything but a wider shape is a new version with a step in
//! `commands/src/log/decode.rs`.
#![allow(clippy::unwrap_used, reason = "tests")]

use cqrs_es::DomainEvent;
use domain::account::AccountEvent;
use domain::task::TaskEvent;
use domain::ticket::TicketEvent;
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use schemas::events::{EVENT_SCHEMAS, find};
use serde::de::DeserializeOwned;
use serde_json::{Map, Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

const SAY: &str =
    "run UPDATE_SCHEMAS=1 cargo test -p schemas --test event_schemas, and see its head";

/// File names and contents of a folder of `<Event>.v<version>.json`.
fn folder(path: &str) -> BTreeMap<String, String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join(path);
    let files = std::fs::read_dir(folder).unwrap().map(|entry| {
        let path = entry.unwrap().path();
        let name = path.file_stem().unwrap().to_str().unwrap().to_owned();
        (name, std::fs::read_to_string(&path).unwrap())
    });
    files.collect()
}

fn examples() -> BTreeMap<String, String> {
    folder("../domain/testdata/events")
}

/// The schemas of an aggregate's events as they are written today, by name.
fn generated<E>(aggregate: &str) -> BTreeMap<String, Value>
where
    E: JsonSchema + DomainEvent + DeserializeOwned,
{
    let generator = SchemaSettings::draft2020_12().into_generator();
    let whole = generator.into_root_schema_for::<E>().to_value();
    let mut schemas = BTreeMap::new();
    for text in examples().values() {
        let Ok(event) = serde_json::from_str::<E>(text) else {
            continue;
        };
        let (event_type, version) = (event.event_type(), event.event_version());
        let name = format!("{event_type}.v{version}");
        let mut schema = variant(&whole, &event_type);
        schema.insert("$schema".to_owned(), whole["$schema"].clone());
        schema.insert("title".to_owned(), name.clone().into());
        let about = match schema.get("description").and_then(Value::as_str) {
            Some(about) => format!("{about}\n\nAn event of aggregate `{aggregate}`."),
            None => format!("An event of aggregate `{aggregate}`."),
        };
        schema.insert("description".to_owned(), about.into());
        let definitions = reachable(&whole, &schema);
        if !definitions.is_empty() {
            schema.insert("$defs".to_owned(), definitions.into());
        }
        schemas.insert(name, schema.into());
    }
    schemas
}

/// What the schema of the whole enum says of one of its variants.
fn variant(whole: &Value, event_type: &str) -> Map<String, Value> {
    let variants = whole["oneOf"].as_array().unwrap();
    let found = variants.iter().find_map(|variant| {
        let names = variant.get("enum").and_then(Value::as_array);
        let plain = names.is_some_and(|names| names.contains(&json!(event_type)))
            || variant.get("const") == Some(&json!(event_type));
        if plain {
            let mut plain = Map::new();
            plain.insert("type".to_owned(), "string".into());
            plain.insert("const".to_owned(), event_type.into());
            return Some(plain);
        }
        let properties = variant.get("properties")?;
        properties.get(event_type)?;
        variant.as_object().cloned()
    });
    found.unwrap_or_else(|| panic!("no variant {event_type}"))
}

/// The definitions that a schema refers to, and those they refer to.
fn reachable(whole: &Value, schema: &Map<String, Value>) -> Map<String, Value> {
    let mut found = Map::new();
    let mut open: Vec<String> = referred(&Value::Object(schema.clone()));
    while let Some(name) = open.pop() {
        if !found.contains_key(&name) {
            let definition = whole["$defs"][&name].clone();
            assert!(definition.is_object(), "{name}");
            open.extend(referred(&definition));
            found.insert(name, definition);
        }
    }
    found
}

fn referred(schema: &Value) -> Vec<String> {
    match schema {
        Value::Object(members) => {
            let own = members.get("$ref").and_then(Value::as_str);
            let own = own.map(|own| own.strip_prefix("#/$defs/").unwrap().to_owned());
            members.values().flat_map(referred).chain(own).collect()
        }
        Value::Array(items) => items.iter().flat_map(referred).collect(),
        _ => vec![],
    }
}

fn all_generated() -> BTreeMap<String, Value> {
    let mut all = generated::<TaskEvent>("task");
    all.extend(generated::<AccountEvent>("account"));
    all.extend(generated::<TicketEvent>("ticket"));
    all
}

fn file_of(name: &str) -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("events");
    folder.join(format!("{name}.json"))
}

#[test]
fn the_newest_schemas_are_what_the_types_say() {
    let update = std::env::var_os("UPDATE_SCHEMAS").is_some();
    for (name, schema) in all_generated() {
        let path = file_of(&name);
        if update {
            std::fs::write(&path, format!("{schema:#}\n")).unwrap();
        }
        let text = std::fs::read_to_string(&path).unwrap_or_default();
        let written: Value = serde_json::from_str(&text).unwrap_or_default();
        assert!(written == schema, "{name} is not what its type says: {SAY}");
    }
}

#[test]
fn every_event_and_version_has_its_schema_and_it_is_served() {
    let files = folder("events");
    let names: BTreeSet<_> = files.keys().cloned().collect();
    let recorded: BTreeSet<_> = examples().into_keys().collect();
    assert_eq!(names, recorded, "one schema per recorded example: {SAY}");
    let served: Vec<_> = EVENT_SCHEMAS.iter().map(|s| s.name.to_owned()).collect();
    assert_eq!(
        served,
        names.into_iter().collect::<Vec<_>>(),
        "name them in schemas/src/events.rs, in order"
    );
    for schema in EVENT_SCHEMAS {
        let (event, version) = schema.event_and_version();
        assert_eq!(format!("{event}.v{version}"), schema.name);
        assert_eq!(find(schema.name), Some(schema));
        if std::env::var_os("UPDATE_SCHEMAS").is_none() {
            assert_eq!(schema.text, files[schema.name], "{}", schema.name);
        }
    }
    assert_eq!(find("TaskSubmitted"), None);
}

#[test]
fn every_recorded_example_is_valid_under_its_own_schema_and_no_other() {
    let schemas = folder("events");
    let examples = examples();
    for (name, schema) in &schemas {
        let schema: Value = serde_json::from_str(schema).unwrap();
        jsonschema::meta::validate(&schema).unwrap_or_else(|e| panic!("{name}: {e}"));
        let validator = jsonschema::validator_for(&schema).unwrap();
        for (other, example) in &examples {
            let example: Value = serde_json::from_str(example).unwrap();
            let (own, event) = (name.split('.').next(), other.split('.').next());
            match validator.validate(&example) {
                Ok(()) => assert_eq!(own, event, "{other} is valid under {name}"),
                Err(error) => assert_ne!(name, other, "{error}"),
            }
        }
    }
}

/// A schema says something of every member: an example without one of those it must have, or with
/// one of another type, is not valid.
#[test]
fn an_event_with_a_member_missing_or_of_another_type_is_not_valid() {
    let schema: Value = serde_json::from_str(find("TaskStarted.v1").unwrap().text).unwrap();
    let validator = jsonschema::validator_for(&schema).unwrap();
    let good: Value = serde_json::from_str(&examples()["TaskStarted.v1"]).unwrap();
    assert!(validator.is_valid(&good));
    for member in ["epoch", "mode", "worker", "profile_version"] {
        let mut bad = good.clone();
        bad["TaskStarted"]
            .as_object_mut()
            .unwrap()
            .remove(member)
            .unwrap();
        assert!(!validator.is_valid(&bad), "without {member}");
        bad["TaskStarted"][member] = json!([]);
        assert!(!validator.is_valid(&bad), "{member} as an array");
    }
}
