//! The part of the cadena original that complements add: those that purchase tickets carry.
//! Each follows SAT's own `.xslt` of that complement.

use roxmltree::Node;

use super::cadena::Writer;

/// How one complement is written.
struct Template {
    namespace: &'static str,
    element: &'static str,
    /// Attributes of the element: name, required.
    attributes: &'static [(&'static str, bool)],
    /// Children in this order, each kind in document order.
    children: &'static [(&'static str, &'static [(&'static str, bool)])],
}

const TEMPLATES: [Template; 4] = [
    // Local taxes: hotels, shows.
    Template {
        namespace: "http://www.sat.gob.mx/implocal",
        element: "ImpuestosLocales",
        attributes: &[
            ("version", true),
            ("TotaldeRetenciones", true),
            ("TotaldeTraslados", true),
        ],
        children: &[
            (
                "RetencionesLocales",
                &[
                    ("ImpLocRetenido", true),
                    ("TasadeRetencion", true),
                    ("Importe", true),
                ],
            ),
            (
                "TrasladosLocales",
                &[
                    ("ImpLocTrasladado", true),
                    ("TasadeTraslado", true),
                    ("Importe", true),
                ],
            ),
        ],
    },
    // Fuel, inside the concept.
    Template {
        namespace: "http://www.sat.gob.mx/hidrocarburospetroliferos",
        element: "HidroYPetro",
        attributes: &[
            ("Version", true),
            ("TipoPermiso", true),
            ("NumeroPermiso", true),
            ("ClaveHYP", true),
            ("SubProductoHYP", true),
        ],
        children: &[],
    },
    // Schools, inside the concept.
    Template {
        namespace: "http://www.sat.gob.mx/iedu",
        element: "instEducativas",
        attributes: &[
            ("version", true),
            ("nombreAlumno", true),
            ("CURP", true),
            ("nivelEducativo", true),
            ("autRVOE", true),
            ("rfcPago", false),
        ],
        children: &[],
    },
    Template {
        namespace: "http://www.sat.gob.mx/leyendasFiscales",
        element: "LeyendasFiscales",
        attributes: &[("version", true)],
        children: &[(
            "Leyenda",
            &[
                ("disposicionFiscal", false),
                ("norma", false),
                ("textoLeyenda", true),
            ],
        )],
    },
];

/// Writes a complement; false when we have no template for it.
pub(super) fn write(node: Node<'_, '_>, out: &mut Writer) -> bool {
    let Some(template) = TEMPLATES
        .iter()
        .find(|t| node.has_tag_name((t.namespace, t.element)))
    else {
        return false;
    };
    out.attributes(node, template.attributes);
    for (name, attributes) in template.children {
        for child in node
            .children()
            .filter(|c| c.has_tag_name((template.namespace, *name)))
        {
            out.attributes(child, attributes);
        }
    }
    true
}
