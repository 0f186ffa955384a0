use super::{PersonKind, RegimenFiscal};

super::catalog! {
    /// What the buyer uses the invoice for (`c_UsoCFDI`).
    UsoCfdi, "c_UsoCFDI", {
        G01 => "G01", "Adquisición de mercancías";
        G02 => "G02", "Devoluciones, descuentos o bonificaciones";
        G03 => "G03", "Gastos en general";
        I01 => "I01", "Construcciones";
        I02 => "I02", "Mobiliario y equipo de oficina por inversiones";
        I03 => "I03", "Equipo de transporte";
        I04 => "I04", "Equipo de computo y accesorios";
        I05 => "I05", "Dados, troqueles, moldes, matrices y herramental";
        I06 => "I06", "Comunicaciones telefónicas";
        I07 => "I07", "Comunicaciones satelitales";
        I08 => "I08", "Otra maquinaria y equipo";
        D01 => "D01", "Honorarios médicos, dentales y gastos hospitalarios";
        D02 => "D02", "Gastos médicos por incapacidad o discapacidad";
        D03 => "D03", "Gastos funerales";
        D04 => "D04", "Donativos";
        D05 => "D05", "Intereses reales efectivamente pagados por créditos hipotecarios (casa habitación)";
        D06 => "D06", "Aportaciones voluntarias al SAR";
        D07 => "D07", "Primas por seguros de gastos médicos";
        D08 => "D08", "Gastos de transportación escolar obligatoria";
        D09 => "D09", "Depósitos en cuentas para el ahorro, primas que tengan como base planes de pensiones";
        D10 => "D10", "Pagos por servicios educativos (colegiaturas)";
        S01 => "S01", "Sin efectos fiscales";
        CP01 => "CP01", "Pagos";
        CN01 => "CN01", "Nómina";
    }
}

impl UsoCfdi {
    /// Whether the catalogue lets a buyer of this kind and regime ask for this use. The regime
    /// must fit the kind as well.
    #[must_use]
    pub fn allowed_for(self, regimen: RegimenFiscal, kind: PersonKind) -> bool {
        if !regimen.allows(kind) {
            return false;
        }
        let natural = kind == PersonKind::Fisica;
        match self {
            Self::G01
            | Self::G03
            | Self::I01
            | Self::I02
            | Self::I03
            | Self::I04
            | Self::I05
            | Self::I06
            | Self::I07
            | Self::I08 => is_business(regimen),
            Self::G02 => is_business(regimen) || regimen == RegimenFiscal::R616,
            Self::D01
            | Self::D02
            | Self::D03
            | Self::D04
            | Self::D05
            | Self::D06
            | Self::D07
            | Self::D08
            | Self::D09
            | Self::D10 => natural && is_personal(regimen),
            Self::S01 | Self::CP01 => true,
            Self::CN01 => natural && regimen == RegimenFiscal::R605,
        }
    }

    /// What to preselect for purchases: `G03` where the regime may deduct expenses, else `S01`.
    /// Shown to the user, never put in silently.
    #[must_use]
    pub fn default_for(regimen: RegimenFiscal) -> Self {
        if is_business(regimen) {
            Self::G03
        } else {
            Self::S01
        }
    }

    /// The uses a buyer of this kind and regime can ask for on a purchase ticket; payroll and
    /// payment receipts never are.
    #[must_use]
    pub fn for_tickets(regimen: RegimenFiscal, kind: PersonKind) -> Vec<Self> {
        let mut uses: Vec<Self> = Self::all().to_vec();
        uses.retain(|u| !matches!(u, Self::CP01 | Self::CN01) && u.allowed_for(regimen, kind));
        uses
    }
}

/// Regimes that may take the uses G01, G03 and I01–I08.
fn is_business(regimen: RegimenFiscal) -> bool {
    use RegimenFiscal as R;
    matches!(
        regimen,
        R::R601
            | R::R603
            | R::R606
            | R::R612
            | R::R620
            | R::R621
            | R::R622
            | R::R623
            | R::R624
            | R::R625
            | R::R626
    )
}

/// Regimes that may take the personal deductions D01–D10.
fn is_personal(regimen: RegimenFiscal) -> bool {
    use RegimenFiscal as R;
    matches!(
        regimen,
        R::R605 | R::R606 | R::R607 | R::R608 | R::R611 | R::R612 | R::R614 | R::R615 | R::R625
    )
}

#[cfg(test)]
mod tests {
    #![allow(clippy::unwrap_used, reason = "tests")]
    use super::*;
    use PersonKind::{Fisica, Moral};
    use RegimenFiscal as R;

    #[test]
    fn employees_may_not_deduct_general_expenses() {
        for regimen in [R::R605, R::R607, R::R608, R::R611, R::R614, R::R615] {
            assert!(!UsoCfdi::G03.allowed_for(regimen, Fisica));
            assert!(!UsoCfdi::I04.allowed_for(regimen, Fisica));
            assert!(UsoCfdi::D01.allowed_for(regimen, Fisica));
            assert_eq!(UsoCfdi::default_for(regimen), UsoCfdi::S01);
        }
    }

    #[test]
    fn special_regimes() {
        assert_eq!(
            UsoCfdi::for_tickets(R::R616, Fisica),
            [UsoCfdi::G02, UsoCfdi::S01]
        );
        assert_eq!(UsoCfdi::for_tickets(R::R610, Moral), [UsoCfdi::S01]);
        assert!(!UsoCfdi::D01.allowed_for(R::R621, Fisica));
        assert!(!UsoCfdi::D01.allowed_for(R::R626, Fisica));
        assert!(UsoCfdi::G03.allowed_for(R::R626, Moral));
        assert!(UsoCfdi::D10.allowed_for(R::R612, Fisica));
    }

    #[test]
    fn a_regime_of_the_other_kind_allows_nothing() {
        for uso in UsoCfdi::all() {
            assert!(!uso.allowed_for(R::R601, Fisica));
            assert!(!uso.allowed_for(R::R612, Moral));
        }
    }

    #[test]
    fn the_default_is_always_allowed() {
        for regimen in R::all() {
            for kind in [Fisica, Moral] {
                if regimen.allows(kind) {
                    assert!(UsoCfdi::default_for(*regimen).allowed_for(*regimen, kind));
                }
            }
        }
    }

    #[test]
    fn serde_is_the_code() {
        assert_eq!(serde_json::to_string(&UsoCfdi::G03).unwrap(), "\"G03\"");
        assert_eq!(
            serde_json::from_str::<UsoCfdi>("\"g03\"").unwrap(),
            UsoCfdi::G03
        );
        assert!(UsoCfdi::parse("P01").is_err(), "gone in CFDI 4.0");
    }
}
