//! The parts of SAT's catalogs (Anexo 20, CFDI 4.0) that the practice vendors accept.

/// `c_RegimenFiscal`: code, text, for físicas, for morales.
pub(crate) const REGIMES: [(&str, &str, bool, bool); 19] = [
    ("601", "General de Ley Personas Morales", false, true),
    (
        "603",
        "Personas Morales con Fines no Lucrativos",
        false,
        true,
    ),
    (
        "605",
        "Sueldos y Salarios e Ingresos Asimilados a Salarios",
        true,
        false,
    ),
    ("606", "Arrendamiento", true, false),
    (
        "607",
        "Régimen de Enajenación o Adquisición de Bienes",
        true,
        false,
    ),
    ("608", "Demás ingresos", true, false),
    (
        "610",
        "Residentes en el Extranjero sin Establecimiento Permanente en México",
        true,
        true,
    ),
    (
        "611",
        "Ingresos por Dividendos (socios y accionistas)",
        true,
        false,
    ),
    (
        "612",
        "Personas Físicas con Actividades Empresariales y Profesionales",
        true,
        false,
    ),
    ("614", "Ingresos por intereses", true, false),
    (
        "615",
        "Régimen de los ingresos por obtención de premios",
        true,
        false,
    ),
    ("616", "Sin obligaciones fiscales", true, false),
    (
        "620",
        "Sociedades Cooperativas de Producción que optan por diferir sus ingresos",
        false,
        true,
    ),
    ("621", "Incorporación Fiscal", true, false),
    (
        "622",
        "Actividades Agrícolas, Ganaderas, Silvícolas y Pesqueras",
        false,
        true,
    ),
    ("623", "Opcional para Grupos de Sociedades", false, true),
    ("624", "Coordinados", false, true),
    (
        "625",
        "Régimen de las Actividades Empresariales con ingresos a través de Plataformas Tecnológicas",
        true,
        false,
    ),
    ("626", "Régimen Simplificado de Confianza", true, true),
];

/// `c_UsoCFDI` without nómina and pagos: code and text.
pub(crate) const USES: [(&str, &str); 22] = [
    ("G01", "Adquisición de mercancías"),
    ("G02", "Devoluciones, descuentos o bonificaciones"),
    ("G03", "Gastos en general"),
    ("I01", "Construcciones"),
    ("I02", "Mobiliario y equipo de oficina por inversiones"),
    ("I03", "Equipo de transporte"),
    ("I04", "Equipo de computo y accesorios"),
    ("I05", "Dados, troqueles, moldes, matrices y herramental"),
    ("I06", "Comunicaciones telefónicas"),
    ("I07", "Comunicaciones satelitales"),
    ("I08", "Otra maquinaria y equipo"),
    ("D01", "Honorarios médicos, dentales y gastos hospitalarios"),
    ("D02", "Gastos médicos por incapacidad o discapacidad"),
    ("D03", "Gastos funerales"),
    ("D04", "Donativos"),
    (
        "D05",
        "Intereses reales efectivamente pagados por créditos hipotecarios (casa habitación)",
    ),
    ("D06", "Aportaciones voluntarias al SAR"),
    ("D07", "Primas por seguros de gastos médicos"),
    ("D08", "Gastos de transportación escolar obligatoria"),
    (
        "D09",
        "Depósitos en cuentas para el ahorro, primas que tengan como base planes de pensiones",
    ),
    ("D10", "Pagos por servicios educativos (colegiaturas)"),
    ("S01", "Sin efectos fiscales"),
];

/// `c_FormaPago`, the ones a ticket can have.
pub(crate) const PAYMENTS: [(&str, &str); 8] = [
    ("01", "Efectivo"),
    ("02", "Cheque nominativo"),
    ("03", "Transferencia electrónica de fondos"),
    ("04", "Tarjeta de crédito"),
    ("05", "Monedero electrónico"),
    ("08", "Vales de despensa"),
    ("28", "Tarjeta de débito"),
    ("29", "Tarjeta de servicios"),
];

const BUSINESS: [&str; 11] = [
    "601", "603", "606", "612", "620", "621", "622", "623", "624", "625", "626",
];
const PERSONAL: [&str; 9] = [
    "605", "606", "607", "608", "611", "612", "614", "615", "625",
];

/// Whether SAT's catalog lets a receptor of this regime use this code.
pub(crate) fn use_fits_regime(cfdi_use: &str, regime: &str) -> bool {
    match cfdi_use.as_bytes().first() {
        _ if cfdi_use == "G02" && regime == "616" => true,
        Some(b'G' | b'I') => BUSINESS.contains(&regime),
        Some(b'D') => PERSONAL.contains(&regime),
        _ => cfdi_use == "S01",
    }
}

/// Whether the regime exists and is for this kind of person.
pub(crate) fn regime_fits_person(regime: &str, moral: bool) -> bool {
    REGIMES
        .iter()
        .any(|(code, _, natural, legal)| *code == regime && if moral { *legal } else { *natural })
}

/// Text of a regime's code.
pub(crate) fn regime_text(code: &str) -> &'static str {
    REGIMES
        .iter()
        .find(|row| row.0 == code)
        .map_or("", |row| row.1)
}

/// Text of a use's code.
pub(crate) fn use_text(code: &str) -> &'static str {
    USES.iter()
        .find(|row| row.0 == code)
        .map_or("", |row| row.1)
}

/// Text of a payment form's code.
pub(crate) fn payment_text(code: &str) -> &'static str {
    PAYMENTS
        .iter()
        .find(|row| row.0 == code)
        .map_or("", |row| row.1)
}
