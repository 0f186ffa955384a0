super::catalog! {
    /// How a purchase was paid (`c_FormaPago`).
    FormaPago, "c_FormaPago", {
        F01 => "01", "Efectivo";
        F02 => "02", "Cheque nominativo";
        F03 => "03", "Transferencia electrónica de fondos";
        F04 => "04", "Tarjeta de crédito";
        F05 => "05", "Monedero electrónico";
        F06 => "06", "Dinero electrónico";
        F08 => "08", "Vales de despensa";
        F12 => "12", "Dación en pago";
        F13 => "13", "Pago por subrogación";
        F14 => "14", "Pago por consignación";
        F15 => "15", "Condonación";
        F17 => "17", "Compensación";
        F23 => "23", "Novación";
        F24 => "24", "Confusión";
        F25 => "25", "Remisión de deuda";
        F26 => "26", "Prescripción o caducidad";
        F27 => "27", "A satisfacción del acreedor";
        F28 => "28", "Tarjeta de débito";
        F29 => "29", "Tarjeta de servicios";
        F30 => "30", "Aplicación de anticipos";
        F31 => "31", "Intermediario pagos";
        F99 => "99", "Por definir";
    }
}

super::catalog! {
    /// Paid at once or later (`c_MetodoPago`); a ticket is always `PUE`.
    MetodoPago, "c_MetodoPago", {
        Pue => "PUE", "Pago en una sola exhibición";
        Ppd => "PPD", "Pago en parcialidades o diferido";
    }
}

impl FormaPago {
    /// The forms with which one pays at a till, in the order of the catalogue.
    #[must_use]
    pub const fn for_tickets() -> &'static [Self] {
        &[
            Self::F01,
            Self::F03,
            Self::F04,
            Self::F05,
            Self::F08,
            Self::F28,
            Self::F29,
        ]
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_catalogue_is_complete_and_without_the_old_codes() {
        assert_eq!(FormaPago::all().len(), 22);
        for code in ["07", "09", "10", "11", "16", "98", "1", ""] {
            assert!(FormaPago::parse(code).is_err(), "{code}");
        }
        assert_eq!(
            FormaPago::parse(" 04 ").unwrap().text(),
            "Tarjeta de crédito"
        );
        assert_eq!(MetodoPago::parse("pue").unwrap(), MetodoPago::Pue);
        assert_eq!(FormaPago::for_tickets().len(), 7);
    }
}
