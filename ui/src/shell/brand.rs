//! The mark and the name.

use yew::prelude::*;

/// The mark and the name.
#[component(Brand)]
pub fn brand() -> Html {
    html! {
        <>
            <svg class="relevo-mark" viewBox="0 0 32 32" width="28" height="28" aria-hidden="true">
                <rect width="32" height="32" rx="7" fill="#0a4b5c" />
                <path d="M7 20h9a5 5 0 0 0 0-10h-4" fill="none" stroke="#fff" stroke-width="3"
                    stroke-linecap="round" />
                <path d="m11 15-4 5 4 5" fill="none" stroke="#fff" stroke-width="3"
                    stroke-linecap="round" stroke-linejoin="round" />
                <circle cx="24" cy="20" r="2.5" fill="#ffb454" />
            </svg>
            <span class="relevo-brand__name">{ "Relevo" }</span>
        </>
    }
}
