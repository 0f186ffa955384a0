use super::PersonKind;

super::catalog! {
    /// Tax regime of a taxpayer (`c_RegimenFiscal`).
    RegimenFiscal, "c_RegimenFiscal", {
        R601 => "601", "General de Ley Personas Morales";
        R603 => "603", "Personas Morales con Fines no Lucrativos";
        R605 => "605", "Sueldos y Salarios e Ingresos Asimilados a Salarios";
        R606 => "606", "Arrendamiento";
        R607 => "607", "Régimen de Enajenación o Adquisición de Bienes";
        R608 => "608", "Demás ingresos";
        R610 => "610", "Residentes en el Extranjero sin Establecimiento Permanente en México";
        R611 => "611", "Ingresos por Dividendos (socios y accionistas)";
        R612 => "612", "Personas Físicas con Actividades Empresariales y Profesionales";
        R614 => "614", "Ingresos por intereses";
        R615 => "615", "Régimen de los ingresos por obtención de premios";
        R616 => "616", "Sin obligaciones fiscales";
        R620 => "620", "Sociedades Cooperativas de Producción que optan por diferir sus ingresos";
        R621 => "621", "Incorporación Fiscal";
        R622 => "622", "Actividades Agrícolas, Ganaderas, Silvícolas y Pesqueras";
        R623 => "623", "Opcional para Grupos de Sociedades";
        R624 => "624", "Coordinados";
        R625 => "625", "Régimen de las Actividades Empresariales con ingresos a través de Plataformas Tecnológicas";
        R626 => "626", "Régimen Simplificado de Confianza";
    }
}

impl RegimenFiscal {
    /// Whether a taxpayer of this kind can be in the regime (the catalogue's columns F and M).
    #[must_use]
    pub const fn allows(self, kind: PersonKind) -> bool {
        match self {
            Self::R610 | Self::R626 => true,
            Self::R601 | Self::R603 | Self::R620 | Self::R622 | Self::R623 | Self::R624 => {
                matches!(kind, PersonKind::Moral)
            }
            Self::R605
            | Self::R606
            | Self::R607
            | Self::R608
            | Self::R611
            | Self::R612
            | Self::R614
            | Self::R615
            | Self::R616
            | Self::R621
            | Self::R625 => matches!(kind, PersonKind::Fisica),
        }
    }
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;

    #[test]
    fn the_catalogue_has_nineteen_regimes_and_each_fits_somebody() {
        assert_eq!(RegimenFiscal::all().len(), 19);
        for regimen in RegimenFiscal::all() {
            assert!(
                regimen.allows(PersonKind::Fisica) || regimen.allows(PersonKind::Moral),
                "{regimen}"
            );
            assert_eq!(RegimenFiscal::parse(regimen.code()).unwrap(), *regimen);
        }
    }

    #[test]
    fn codes_the_cfdi_does_not_know_are_refused() {
        for code in ["609", "628", "629", "630", "", "six"] {
            assert!(RegimenFiscal::parse(code).is_err(), "{code}");
        }
    }

    #[test]
    fn person_kinds_follow_the_catalogue() {
        assert!(
            RegimenFiscal::R601.allows(PersonKind::Moral)
                && !RegimenFiscal::R601.allows(PersonKind::Fisica)
        );
        assert!(
            RegimenFiscal::R612.allows(PersonKind::Fisica)
                && !RegimenFiscal::R612.allows(PersonKind::Moral)
        );
        assert!(
            RegimenFiscal::R626.allows(PersonKind::Fisica)
                && RegimenFiscal::R626.allows(PersonKind::Moral)
        );
    }
}
