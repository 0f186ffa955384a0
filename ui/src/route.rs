//! The page's addresses.

use domain::TaskId;
use yew_router::prelude::*;

/// Where one is.
#[derive(Clone, Debug, PartialEq, Eq, Routable)]
pub enum Route {
    #[at("/")]
    Home,
    #[at("/sign-in")]
    SignIn,
    #[at("/profiles")]
    Profiles,
    #[at("/tickets/new")]
    NewTicket,
    #[at("/tasks/:id")]
    Monitor { id: TaskId },
    #[at("/history")]
    History,
    #[at("/sessions")]
    Sessions,
    #[not_found]
    #[at("/404")]
    NotFound,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_has_an_address_and_nonsense_is_not_found() {
        let id = TaskId(uuid::Uuid::nil());
        let path = format!("/tasks/{id}");
        assert_eq!(Route::recognize(&path), Some(Route::Monitor { id }));
        assert_eq!(Route::recognize("/tasks/7"), Some(Route::NotFound));
        assert_eq!(Route::recognize("/tickets/new"), Some(Route::NewTicket));
        assert_eq!(Route::recognize("/x/y"), Some(Route::NotFound));
    }
}
