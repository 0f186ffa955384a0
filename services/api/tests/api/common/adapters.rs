//! The portals of the tests: nobody visits them.

use std::path::Path;

const PLAIN: &str = r#"
id: la-prueba
name: Abarrotes La Prueba
version: 1
hosts: ["prueba.example"]
entry: https://prueba.example/
window: { rule: { days: 30 }, verified: printed }
fields:
  - { name: ticket, label: Número de ticket, kind: text, pattern: "^[A-Z0-9]{6,20}$", help: "está arriba del código de barras" }
  - { name: sucursal, label: Sucursal, kind: choice, options: [Centro, Norte] }
  - { name: fecha, label: Fecha de compra, kind: date }
  - { name: total, label: Total, kind: money }
  - { name: caja, label: Caja, kind: text, required: false }
identity: [ticket, sucursal]
steps:
  - goto: https://prueba.example/
  - submit: [{ button: Facturar }]
outcomes:
  - { is: accepted, text: "listo" }
"#;

/// Writes two portals: `la-prueba`, and `siempre-humano`, which always asks a human.
pub fn write(dir: &Path) {
    std::fs::create_dir_all(dir).unwrap();
    std::fs::write(dir.join("la-prueba.yaml"), PLAIN).unwrap();
    let human = PLAIN
        .replace(
            "id: la-prueba",
            "id: siempre-humano\nneeds_human: always\nnot_before_minutes: 4320",
        )
        .replace("Abarrotes La Prueba", "Siempre Humano")
        .replace("prueba.example", "humano.example");
    std::fs::write(dir.join("siempre-humano.yaml"), human).unwrap();
}
