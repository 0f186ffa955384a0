#![allow(clippy::unwrap_used, reason = "tests")]

use super::facts::{InvoiceFacts, LogFacts, Moment, Report, TaskFacts};
use super::html::{escape, page};
use super::pictures::{Picture, Span, by_event, cap};
use chrono::DateTime;
use domain::cfdi::{Expectation, parse, verify};
use domain::fiscal::Rfc;
use std::time::Duration;

const HOSTILE: &str = "<script src=\"http://evil.example/x.js\">'&\u{0}\u{1b}</script>";
const INVOICE: &[u8] = include_bytes!("../../../../../domain/testdata/plain.xml");

fn pair(label: &str, value: &str) -> (String, String) {
    (label.to_owned(), value.to_owned())
}

/// A report in which every text is hostile.
fn sample() -> Report {
    let cfdi = parse(INVOICE).unwrap();
    let expected = Expectation::new(Rfc::parse("XAXX010101000").unwrap());
    let moment = |picture| Moment {
        after: Duration::from_millis(1_250),
        line: format!("escribe {HOSTILE}"),
        is_step: true,
        picture,
    };
    let task = |invoice| TaskFacts {
        label: HOSTILE.to_owned(),
        title: HOSTILE.to_owned(),
        story: HOSTILE.to_owned(),
        portal: HOSTILE.to_owned(),
        expected: HOSTILE.to_owned(),
        outcome: HOSTILE.to_owned(),
        met: true,
        took: Duration::from_secs(3),
        ticket: vec![pair(HOSTILE, HOSTILE)],
        moments: vec![moment(Some(vec![0xff, 0xd8, 0xff])), moment(None)],
        pictures_seen: 2,
        invoice,
        files: vec![format!("out/{HOSTILE}.xml")],
    };
    let mut checks = verify(&cfdi, &expected).checks;
    checks[0].detail = HOSTILE.to_owned();
    let facts = vec![pair(HOSTILE, HOSTILE)];
    Report {
        made_at: DateTime::from_timestamp(1_795_000_000, 0).unwrap(),
        tasks: vec![task(None), task(Some(InvoiceFacts { facts, checks }))],
        log: LogFacts {
            lost: 0,
            first: 1,
            last: 159,
        },
    }
}

/// Every `<tag …>` of the page.
fn tags(html: &str) -> Vec<&str> {
    html.split('<')
        .skip(1)
        .map(|rest| rest.split('>').next().unwrap())
        .collect()
}

#[test]
fn text_can_end_neither_element_nor_attribute() {
    assert_eq!(escape("a<b>&\"'"), "a&lt;b&gt;&amp;&quot;&#39;");
    assert_eq!(escape("&lt;"), "&amp;lt;");
    assert_eq!(escape("ñ\u{0}\u{7}\n"), "ñ\u{fffd}\u{fffd}\n");
    assert_eq!(escape(HOSTILE).matches(['<', '>', '"', '\'']).count(), 0);
}

#[test]
fn a_report_is_one_file_that_fetches_and_runs_nothing() {
    let html = page(&sample());
    for tag in tags(&html) {
        let name = tag.split([' ', '\n']).next().unwrap().to_lowercase();
        let foreign = ["script", "link", "iframe", "object", "base", "form"];
        assert!(!foreign.contains(&name.as_str()), "<{tag}>");
        for attribute in ["src=\"", "href=\"", "srcset=\"", "action=\""] {
            for value in tag.split(attribute).skip(1) {
                let inside = value.starts_with("data:image/jpeg;base64,") || value.starts_with('#');
                assert!(inside, "<{tag}>");
            }
        }
        assert!(!tag.contains(" on"), "<{tag}>: no handlers");
    }
    let style = html.split("<style>").nth(1).unwrap();
    let style = style.split("</style>").next().unwrap();
    assert!(!style.contains("url(") && !style.contains("@import"));
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn a_report_tells_the_count_the_checks_and_what_is_left_out() {
    let report = sample();
    let html = page(&report);
    assert!(html.contains("2 de 2"));
    assert!(html.contains("0 eventos perdidos"));
    assert!(html.contains("1 → 159"));
    assert!(html.contains("Se muestran 1 de 2 imágenes"));
    assert!(html.contains("data:image/jpeg;base64,/9j/"));
    let checks = &report.tasks[1].invoice.as_ref().unwrap().checks;
    assert!(checks.len() > 5);
    for check in checks {
        assert!(html.contains(&escape(&check.detail)), "{}", check.name);
    }
    assert!(html.contains("class=\"fail\""), "the receiver is another");
}

fn pictures(times: &[i64]) -> Vec<Picture> {
    let picture = |at_ms: &i64| Picture {
        at_ms: *at_ms,
        jpeg: vec![0; 100],
    };
    times.iter().map(picture).collect()
}

#[test]
fn an_event_shows_what_it_led_to_and_not_what_the_next_one_did() {
    let span = |from_ms, at_ms| Span { from_ms, at_ms };
    let events = [span(8, 10), span(15, 20), span(30, 30), span(40, 60)];
    let seen = pictures(&[5, 10, 12, 19, 31, 39, 50, 70]);
    // 19 is of the next step's making.
    assert_eq!(by_event(&events, &seen), [Some(2), None, Some(5), Some(7)]);
    // The next step began at once: the first picture is still this one's.
    let hurried = [span(8, 10), span(10, 20)];
    assert_eq!(by_event(&hurried, &pictures(&[13, 19])), [Some(0), None]);
    assert!(by_event(&[], &seen).is_empty());
    assert_eq!(by_event(&events[..1], &[]), [None]);
}

#[test]
fn too_many_pictures_are_thinned_out_evenly_and_the_last_one_stays() {
    let seen = pictures(&[0; 10]);
    let all: Vec<Option<usize>> = (0..10).map(Some).collect();
    let left = |most, most_bytes| {
        let mut place = all.clone();
        cap(&mut place, &seen, most, most_bytes);
        place.into_iter().flatten().collect::<Vec<_>>()
    };
    assert_eq!(left(20, 10_000), (0..10).collect::<Vec<_>>());
    assert_eq!(left(5, 10_000), [1, 3, 5, 7, 9]);
    assert_eq!(left(20, 250), [4, 9]);
    assert!(left(20, 99).is_empty());
}
