use super::*;
use schemas::adapter::TicketField;

fn portal() -> PortalView {
    let field = |name: &str, kind| TicketField {
        name: name.to_owned(),
        label: name.to_owned(),
        kind,
        required: true,
        pattern: None,
        options: Vec::new(),
        help: None,
    };
    PortalView {
        id: "faro".to_owned(),
        name: "El Faro".to_owned(),
        verified: true,
        needs_human: "sometimes".to_owned(),
        automation: "allowed".to_owned(),
        entry: "https://faro.mx/".to_owned(),
        fields: vec![
            field("ticket", FieldKind::Text),
            field("fecha", FieldKind::Date),
        ],
        window: serde_json::Value::Null,
        login_origin: None,
    }
}

fn after(edits: Vec<Edit>) -> Rc<Form> {
    let form = Rc::new(Form::default());
    edits.into_iter().fold(form, |form, edit| form.reduce(edit))
}

fn set(name: &str, value: &str) -> Edit {
    Edit::Field(name.to_owned(), value.to_owned())
}

fn check(field: &str) -> TicketCheck {
    TicketCheck {
        valid: false,
        errors: vec![FieldProblem {
            field: field.to_owned(),
            code: "x".to_owned(),
            message: "mal".to_owned(),
        }],
        warnings: Vec::new(),
        preview: Vec::new(),
        window_until: None,
        not_before: None,
    }
}

#[test]
fn only_what_the_portal_asks_for_is_sent_and_nothing_empty() {
    let form = after(vec![
        set("ticket", " 12 "),
        set("caja", "7"),
        set("fecha", " "),
        Edit::Portal(Some(portal())),
    ]);
    let body = form.body();
    assert_eq!(
        body.fields,
        BTreeMap::from([("ticket".to_owned(), "12".to_owned())])
    );
    assert_eq!(
        (body.uso_cfdi, body.forma_pago, body.confirmed),
        (None, None, false)
    );
}

#[test]
fn an_error_is_shown_beside_its_field_once_it_was_left() {
    let begun = after(vec![Edit::Portal(Some(portal())), set("ticket", "1")]);
    let judged = Edit::Judged(Box::new(begun.body()), Box::new(check("fields.ticket")));
    let form = begun.reduce(judged);
    assert_eq!(form.error("fields.ticket"), None);
    let left = form.reduce(Edit::Leave("ticket".to_owned()));
    assert_eq!(left.error("fields.ticket").as_deref(), Some("mal"));
}

#[test]
fn a_judgement_of_another_body_is_dropped() {
    let begun = after(vec![Edit::Portal(Some(portal()))]);
    let stale = Edit::Judged(Box::new(begun.body()), Box::new(check("fields.ticket")));
    let form = begun
        .reduce(set("ticket", "1"))
        .reduce(stale)
        .reduce(Edit::ShowAll);
    assert_eq!(form.error("fields.ticket"), None);
}

#[test]
fn dates_typed_as_digits_get_their_slashes() {
    for (typed, date) in [
        ("14092026", "14/09/2026"),
        ("140926", "14/09/26"),
        ("4/9/26", "4/9/26"),
        ("ñ40926", "ñ40926"),
    ] {
        let form = after(vec![
            Edit::Portal(Some(portal())),
            set("fecha", typed),
            Edit::Leave("fecha".to_owned()),
        ]);
        assert_eq!(form.fields.get("fecha").map(String::as_str), Some(date));
    }
}

#[test]
fn what_only_the_page_asks_for_is_named_when_all_is_shown() {
    let form = after(vec![]);
    assert_eq!(form.missing(PORTAL), None);
    let form = form.reduce(Edit::ShowAll);
    assert_eq!(form.missing(PORTAL), Some("ticket-portal-missing"));
    assert_eq!(form.missing(PAYMENT), Some("ticket-payment-missing"));
    let paid = form.reduce(Edit::Payment("04".to_owned()));
    assert_eq!(paid.missing(PAYMENT), None);
    assert!(!paid.is_complete());
}

#[test]
fn a_refusal_leads_back_to_the_fields_with_all_errors() {
    let right = TicketCheck {
        valid: true,
        errors: Vec::new(),
        ..check("x")
    };
    let key = Uuid::from_u128(7);
    let begun = after(vec![Edit::Portal(Some(portal()))]);
    let body = Box::new(begun.body());
    let shown = begun.reduce(Edit::Preview(body, Box::new(right), key));
    assert!(shown.body().confirmed);
    let refused = shown.reduce(Edit::Refused(check("confirm").errors));
    assert_eq!(refused.preview, None);
    assert_eq!(refused.other_errors(), ["mal"]);
    assert!(!refused.body().confirmed);
}

#[test]
fn what_was_typed_after_the_check_is_not_confirmed_unseen() {
    let right = TicketCheck {
        valid: true,
        errors: Vec::new(),
        ..check("x")
    };
    let begun = after(vec![Edit::Portal(Some(portal())), set("ticket", "1")]);
    let checked = Box::new(begun.body());
    let typed_on = begun.reduce(set("ticket", "2"));
    let late = typed_on.reduce(Edit::Preview(checked, Box::new(right), Uuid::nil()));
    assert_eq!(late.preview, None);
    assert!(!late.body().confirmed);
}
