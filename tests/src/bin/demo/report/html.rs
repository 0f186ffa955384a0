//! The report as one page: inline styles, pictures in the page, no script, nothing fetched.

use super::facts::{InvoiceFacts, LogFacts, Moment, Report, TaskFacts};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use chrono::{DateTime, Utc};
use domain::cfdi::{Check, Outcome};
use domain::fiscal::MEXICO_CITY;
use std::fmt::Write as _;
use std::time::Duration;

const STYLE: &str = include_str!("style.css");

/// Text for an element or for an attribute in double quotes.
pub fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => escaped.push_str("&amp;"),
            '<' => escaped.push_str("&lt;"),
            '>' => escaped.push_str("&gt;"),
            '"' => escaped.push_str("&quot;"),
            '\'' => escaped.push_str("&#39;"),
            // No HTML may hold these, whatever a portal wrote.
            c if c.is_control() && !matches!(c, '\n' | '\t') => escaped.push('\u{fffd}'),
            c => escaped.push(c),
        }
    }
    escaped
}

/// The whole page.
pub fn page(report: &Report) -> String {
    let mut html = String::new();
    html.push_str("<!doctype html>\n<html lang=\"es-MX\">\n<head>\n<meta charset=\"utf-8\">\n");
    html.push_str("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n");
    html.push_str("<meta name=\"color-scheme\" content=\"light dark\">\n");
    // Whatever slips into it, the page fetches nothing and runs nothing.
    html.push_str(
        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; \
         img-src data:; style-src 'unsafe-inline'\">\n",
    );
    let _ = write!(
        html,
        "<title>Relevo: informe de la demo</title>\n<style>\n{STYLE}</style>\n</head>\n<body>\n"
    );
    html.push_str(&head(report));
    html.push_str("<main>\n");
    html.push_str(&summary(report));
    for (number, part) in report.tasks.iter().enumerate() {
        html.push_str(&task(number + 1, part));
    }
    html.push_str(
        "</main>\n<footer>Este archivo está completo: no ejecuta nada ni pide nada a la red. \
         Los datos son de prueba.</footer>\n</body>\n</html>\n",
    );
    html
}

fn head(report: &Report) -> String {
    let met = report.tasks.iter().filter(|task| task.met).count();
    let (of, log) = (report.tasks.len(), &report.log);
    let good = report.all_met() && log.lost == 0;
    format!(
        "<header>\n<p class=\"brand\">Relevo</p>\n<h1>De tickets a facturas: informe de la demo</h1>\n\
         <p class=\"when\">{}</p>\n<ul class=\"score {}\">\n\
         <li><strong>{met} de {of}</strong> como se esperaba</li>\n\
         <li><strong>{}</strong></li>\n\
         <li>posiciones <strong>{} → {}</strong> de la bitácora</li>\n</ul>\n</header>\n",
        escape(&date(report.made_at)),
        if good { "good" } else { "bad" },
        lost(log),
        log.first,
        log.last,
    )
}

/// How many events were lost, in words.
pub fn lost(log: &LogFacts) -> String {
    match log.lost {
        1 => "1 evento perdido".to_owned(),
        lost => format!("{lost} eventos perdidos"),
    }
}

/// By the Mexican clock.
fn date(at: DateTime<Utc>) -> String {
    let local = at.with_timezone(&MEXICO_CITY);
    local
        .format("%d/%m/%Y, %H:%M (Ciudad de México)")
        .to_string()
}

fn summary(report: &Report) -> String {
    let mut html = String::from(
        "<section>\n<h2>Resumen</h2>\n<table>\n<thead><tr><th>Ticket</th><th>Resultado</th>\
         <th>Esperado</th><th>Duración</th><th></th></tr></thead>\n<tbody>\n",
    );
    for (number, task) in report.tasks.iter().enumerate() {
        let _ = writeln!(
            html,
            "<tr><td data-label=\"Ticket\"><a href=\"#tarea-{}\">{}</a></td>\
             <td data-label=\"Resultado\">{}</td><td data-label=\"Esperado\">{}</td>\
             <td data-label=\"Duración\" class=\"number\">{}</td><td>{}</td></tr>",
            number + 1,
            escape(&task.title),
            escape(&task.outcome),
            escape(&task.expected),
            seconds(task.took),
            met(task),
        );
    }
    html.push_str("</tbody>\n</table>\n</section>\n");
    html
}

fn met(task: &TaskFacts) -> &'static str {
    match task.met {
        true => "<span class=\"chip good\">✓ como se esperaba</span>",
        false => "<span class=\"chip bad\">✗ otra cosa</span>",
    }
}

fn seconds(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f32())
}

fn task(number: usize, task: &TaskFacts) -> String {
    let mut html = format!(
        "<section class=\"task\" id=\"tarea-{number}\">\n<h2>{}</h2>\n<p>{}</p>\n\
         <p class=\"outcome\">{} · {} {}</p>\n",
        escape(&task.title),
        escape(&task.story),
        escape(&task.portal),
        escape(&task.outcome),
        met(task),
    );
    html.push_str("<details>\n<summary>Lo que se entregó</summary>\n");
    html.push_str(&pairs(&task.ticket));
    html.push_str("</details>\n");
    if let Some(facts) = &task.invoice {
        html.push_str(&invoice(facts, &task.files));
    }
    html.push_str(&timeline(task));
    html.push_str("</section>\n");
    html
}

fn pairs(pairs: &[(String, String)]) -> String {
    let mut html = String::from("<dl>\n");
    for (label, value) in pairs {
        let (label, value) = (escape(label), escape(value));
        let _ = writeln!(html, "<div><dt>{label}</dt><dd>{value}</dd></div>");
    }
    html.push_str("</dl>\n");
    html
}

fn invoice(invoice: &InvoiceFacts, files: &[String]) -> String {
    let mut html = String::from("<h3>Factura</h3>\n");
    html.push_str(&pairs(&invoice.facts));
    html.push_str("<ul class=\"files\">\n");
    for file in files {
        let _ = writeln!(html, "<li><code>{}</code></li>", escape(file));
    }
    html.push_str("</ul>\n<h3>Revisiones de la factura</h3>\n<ul class=\"checks\">\n");
    for check in &invoice.checks {
        html.push_str(&line_of(check));
    }
    html.push_str("</ul>\n");
    html
}

/// With the marks of `relevo cfdi verify`.
fn line_of(check: &Check) -> String {
    let (mark, class, spoken) = match check.outcome {
        Outcome::Pass => ("✓", "pass", "bien"),
        Outcome::Warn => ("!", "warn", "aviso"),
        Outcome::Fail => ("✗", "fail", "mal"),
        Outcome::NotChecked => ("–", "none", "sin revisar"),
    };
    format!(
        "<li class=\"{class}\"><span class=\"mark\" role=\"img\" aria-label=\"{spoken}\">{mark}</span>\
         <span>{} <code>{}</code></span></li>\n",
        escape(&check.detail),
        escape(&check.name),
    )
}

fn timeline(task: &TaskFacts) -> String {
    let shown = task.moments.iter().filter(|m| m.picture.is_some()).count();
    let mut html = String::from("<h3>Lo que pasó, paso a paso</h3>\n");
    if shown < task.pictures_seen {
        let _ = writeln!(
            html,
            "<p class=\"note\">Se muestran {shown} de {} imágenes, para que el archivo no crezca \
             demasiado.</p>",
            task.pictures_seen
        );
    }
    html.push_str("<ol class=\"timeline\">\n");
    for moment in &task.moments {
        html.push_str(&item(moment));
    }
    html.push_str("</ol>\n");
    html
}

fn item(moment: &Moment) -> String {
    let line = escape(&moment.line);
    let class = if moment.is_step { "step" } else { "event" };
    let mut html = format!(
        "<li class=\"{class}\"><span class=\"after\">+{}</span> <span class=\"line\">{line}</span>",
        seconds(moment.after)
    );
    if let Some(jpeg) = &moment.picture {
        let _ = write!(
            html,
            "<figure><img alt=\"La pantalla tras: {line}\" \
             src=\"data:image/jpeg;base64,{}\"></figure>",
            STANDARD.encode(jpeg)
        );
    }
    html.push_str("</li>\n");
    html
}
