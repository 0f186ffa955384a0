//! Light, dark, or as the system says.

use crate::browser;
use crate::i18n::use_i18n;
use crate::key;
use crate::parts::{Glyph, Item, Menu};
use gloo_events::EventListener;
use yew::prelude::*;

const STORED: &str = "relevo.theme";
const DARK: &str = "pf-v6-theme-dark";

/// What the user chose.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Theme {
    Light,
    Dark,
    #[default]
    System,
}

impl Theme {
    const ALL: [Self; 3] = [Self::Light, Self::Dark, Self::System];

    const fn name(self) -> &'static str {
        match self {
            Self::Light => "light",
            Self::Dark => "dark",
            Self::System => "system",
        }
    }

    const fn label(self) -> &'static str {
        match self {
            Self::Light => key!("theme-light"),
            Self::Dark => key!("theme-dark"),
            Self::System => key!("theme-system"),
        }
    }

    const fn testid(self) -> &'static str {
        match self {
            Self::Light => "theme-light",
            Self::Dark => "theme-dark",
            Self::System => "theme-system",
        }
    }

    const fn icon(self) -> Glyph {
        match self {
            Self::Light => Glyph::Sun,
            Self::Dark => Glyph::Moon,
            Self::System => Glyph::Laptop,
        }
    }

    fn of_name(name: &str) -> Self {
        let found = Self::ALL.into_iter().find(|theme| theme.name() == name);
        found.unwrap_or_default()
    }

    const fn is_dark(self, system_is_dark: bool) -> bool {
        match self {
            Self::Light => false,
            Self::Dark => true,
            Self::System => system_is_dark,
        }
    }
}

fn apply(theme: Theme, system_is_dark: bool) {
    if let Some(root) = browser::root() {
        let _ = root
            .class_list()
            .toggle_with_force(DARK, theme.is_dark(system_is_dark));
    }
}

/// The button that chooses the theme.
#[component(ThemeMenu)]
pub fn theme_menu() -> Html {
    let i18n = use_i18n();
    let theme = use_state_eq(|| Theme::of_name(&browser::stored(STORED).unwrap_or_default()));
    use_effect_with(*theme, |theme| {
        let theme = *theme;
        let query = browser::window()
            .and_then(|w| w.match_media("(prefers-color-scheme: dark)").ok())
            .flatten();
        apply(theme, query.as_ref().is_some_and(|q| q.matches()));
        let listener = query.map(|query| {
            let asked = query.clone();
            EventListener::new(&query, "change", move |_| apply(theme, asked.matches()))
        });
        move || drop(listener)
    });
    let items = Theme::ALL.map(|choice| {
        let theme = theme.clone();
        Item {
            label: i18n.t(choice.label()),
            testid: choice.testid(),
            icon: Some(choice.icon()),
            selected: choice == *theme,
            onclick: Callback::from(move |()| {
                browser::store(STORED, choice.name());
                theme.set(choice);
            }),
        }
    });
    html! {
        <Menu label={i18n.t("theme")} icon={theme.icon()} testid="theme-menu"
            items={items.to_vec()} />
    }
}

#[cfg(test)]
mod tests {
    use super::Theme;

    #[test]
    fn a_choice_is_kept_by_name_and_nonsense_is_the_systems() {
        for theme in Theme::ALL {
            assert_eq!(Theme::of_name(theme.name()), theme);
        }
        assert_eq!(Theme::of_name("neon"), Theme::System);
    }

    #[test]
    fn only_the_systems_choice_follows_the_system() {
        assert!(Theme::Dark.is_dark(false) && !Theme::Light.is_dark(true));
        assert!(Theme::System.is_dark(true) && !Theme::System.is_dark(false));
    }
}
