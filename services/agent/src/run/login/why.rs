//! Why the agent does not sign in by itself, in the user's words.

/// Why a human has to sign in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Why {
    NotStored,
    /// The portal did not take what is stored.
    Refused,
    /// It was typed, and nobody knows what the portal said.
    InDoubt,
    /// The page is there, and not where the account belongs.
    Elsewhere(String),
    /// The adapter says another origin than when the account was stored.
    Moved,
}

impl Why {
    /// What the user is told; `origin` is where the adapter says one signs in.
    pub fn guide(&self, origin: &str) -> String {
        match self {
            Self::NotStored => {
                "El portal pide iniciar sesión. Hazlo en el navegador y devuélvelo.".to_owned()
            }
            Self::Refused => {
                "El portal no aceptó el usuario, la contraseña o la clave de códigos que \
                         guardaste, y no se probarán otra vez para que no bloquee tu cuenta. Inicia sesión en el \
                         navegador, y guarda los datos correctos para la próxima."
                    .to_owned()
            }
            Self::InDoubt => {
                "No se sabe si el portal aceptó tu usuario y contraseña, y no se probarán \
                         otra vez para que no bloquee tu cuenta. Inicia sesión en el navegador y \
                         devuélvelo."
                    .to_owned()
            }
            Self::Elsewhere(here) => format!(
                "La página que pide iniciar sesión está en {here}, y tu cuenta es para {origin}: el \
             agente no escribió nada. Sigue solo si reconoces ese sitio."
            ),
            Self::Moved => format!(
                "El portal ahora pide iniciar sesión en {origin}, otro sitio que cuando guardaste tu \
             cuenta. Inicia sesión en el navegador, o guarda tu cuenta otra vez si lo reconoces."
            ),
        }
    }
}
