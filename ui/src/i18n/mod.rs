//! The page's words: Fluent messages in Spanish (the default) and English, and dates, times and
//! amounts as Mexicans write them.
//!
//! A new text: put its key into `i18n/es-MX/*.ftl` and `i18n/en/*.ftl`, and write
//! `i18n.t("the-key")` with the key as a literal. Where a key is chosen by a code, write each one
//! as [`key!`](crate::key) – the tests read the sources and name keys that are missing or unused.

mod format;
#[cfg(test)]
mod tests;

use chrono::{DateTime, NaiveDate, Utc};
use domain::fiscal::Money;
use fluent_bundle::{FluentArgs, FluentBundle, FluentResource};
use std::rc::Rc;
use unic_langid::LanguageIdentifier;
use yew::prelude::*;

pub use fluent_bundle::FluentValue;

use crate::browser;

const STORED: &str = "relevo.language";

/// Marks a literal as a message's key where it isn't written at the call of [`I18n::t`].
#[macro_export]
macro_rules! key {
    ($key:literal) => {
        $key
    };
}

/// A language the page speaks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    #[default]
    Spanish,
    English,
}

impl Language {
    /// Every language, the default first.
    pub const ALL: [Self; 2] = [Self::Spanish, Self::English];

    /// As in `<html lang>` (BCP 47).
    pub const fn tag(self) -> &'static str {
        match self {
            Self::Spanish => "es-MX",
            Self::English => "en",
        }
    }

    /// The language of a tag; `None` for one the page doesn't speak.
    pub fn of_tag(tag: &str) -> Option<Self> {
        match tag.get(..2)?.to_ascii_lowercase().as_str() {
            "es" => Some(Self::Spanish),
            "en" => Some(Self::English),
            _ => None,
        }
    }

    /// What was chosen here before, else what the browser prefers.
    fn preferred() -> Self {
        let stored = browser::stored(STORED);
        let tags = stored.into_iter().chain(browser::languages());
        tags.into_iter()
            .find_map(|tag| Self::of_tag(&tag))
            .unwrap_or_default()
    }

    fn sources(self) -> [&'static str; 2] {
        match self {
            Self::Spanish => [
                include_str!("../../i18n/es-MX/page.ftl"),
                include_str!("../../i18n/es-MX/monitor.ftl"),
            ],
            Self::English => [
                include_str!("../../i18n/en/page.ftl"),
                include_str!("../../i18n/en/monitor.ftl"),
            ],
        }
    }

    fn bundle(self) -> FluentBundle<FluentResource> {
        // Plural rules; both tags are sound.
        let id: LanguageIdentifier = self.tag().parse().unwrap_or_default();
        let mut bundle = FluentBundle::new(vec![id]);
        bundle.set_use_isolating(false);
        for source in self.sources() {
            // The tests parse every source; in the page the messages that are sound still serve.
            let resource = match FluentResource::try_new(source.to_owned()) {
                Ok(resource) | Err((resource, _)) => resource,
            };
            bundle.add_resource_overriding(resource);
        }
        bundle
    }
}

/// The page's words in one language. Cheap to clone; equal when the language is.
#[derive(Clone)]
pub struct I18n {
    language: Language,
    bundle: Rc<FluentBundle<FluentResource>>,
    choose: Callback<Language>,
}

impl PartialEq for I18n {
    fn eq(&self, other: &Self) -> bool {
        self.language == other.language
    }
}

impl I18n {
    /// The words of that language.
    pub fn new(language: Language) -> Self {
        Self {
            language,
            bundle: Rc::new(language.bundle()),
            choose: Callback::noop(),
        }
    }

    /// The language spoken.
    pub const fn language(&self) -> Language {
        self.language
    }

    /// Speaks another language from now on, and remembers it.
    pub fn choose(&self, language: Language) {
        self.choose.emit(language);
    }

    /// The message of that key; the key itself when there is none.
    pub fn t(&self, key: &str) -> String {
        self.tf(key, &[])
    }

    /// The message of that key, with its placeables filled.
    pub fn tf(&self, key: &str, values: &[(&str, FluentValue<'_>)]) -> String {
        let pattern = self.bundle.get_message(key).and_then(|m| m.value());
        let Some(pattern) = pattern else {
            return key.to_owned();
        };
        let args: FluentArgs<'_> = values
            .iter()
            .map(|(name, value)| (*name, value.clone()))
            .collect();
        let mut errors = Vec::new();
        let text = self
            .bundle
            .format_pattern(pattern, Some(&args), &mut errors);
        text.into_owned()
    }

    /// The minute, `DD/MM/AAAA HH:MM`, where the browser is.
    pub fn date_time(&self, at: DateTime<Utc>) -> String {
        format::date_time(browser::local(at))
    }

    /// A day that belongs to no time zone, `DD/MM/AAAA`.
    pub fn naive_date(&self, date: NaiveDate) -> String {
        format::date(date)
    }

    /// An amount: `$1,234.50 MXN`.
    pub fn money(&self, amount: Money) -> String {
        format::money(&amount)
    }

    /// How long ago that was, in words.
    pub fn ago(&self, at: DateTime<Utc>) -> String {
        let seconds = (browser::now() - at).num_seconds();
        let (key, n) = format::ago(seconds);
        self.tf(key, &[("n", n.into())])
    }
}

#[derive(Properties, PartialEq)]
pub struct ProviderProps {
    pub children: Html,
}

/// Gives the page its language, and keeps `<html lang>` in step.
#[component(I18nProvider)]
pub fn i18n_provider(props: &ProviderProps) -> Html {
    let language = use_state(Language::preferred);
    use_effect_with(*language, |language| browser::set_language(language.tag()));
    let choose = {
        let language = language.clone();
        Callback::from(move |chosen: Language| {
            browser::store(STORED, chosen.tag());
            language.set(chosen);
        })
    };
    let i18n = use_memo(*language, move |language| I18n {
        choose,
        ..I18n::new(*language)
    });
    html! {
        <ContextProvider<I18n> context={(*i18n).clone()}>
            { props.children.clone() }
        </ContextProvider<I18n>>
    }
}

/// The page's words.
#[hook]
pub fn use_i18n() -> I18n {
    let fallback = use_memo((), |()| I18n::new(Language::default()));
    use_context::<I18n>().unwrap_or_else(|| (*fallback).clone())
}
