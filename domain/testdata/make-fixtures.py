#!/usr/bin/env python3
"""Makes the CFDI 4.0 fixtures of this folder: signed, stamped, valid by SAT's XSD, all offline.

  python3 -m venv venv && venv/bin/pip install satcfdi==26.10.1
  venv/bin/python make-fixtures.py .

Keys and certificates are made on the spot and thrown away; nothing is SAT's. Certificates have
the shape of SAT's: the 20-digit number is the ASCII of the serial's bytes, the RFC stands in
x500UniqueIdentifier (2.5.4.45). Beside each `x.xml` the script writes `x.cadena.txt`, what SAT's
own XSLT makes of it: the text that is signed.
"""
import datetime as dt
import pathlib
import sys
import uuid
from decimal import Decimal as D

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.x509.oid import NameOID
from OpenSSL import crypto
from satcfdi.create.cfd import (cfdi40, donat11, hidrocarburospetroliferos10, iedu10, implocal10,
                                leyendasFisc10)
from satcfdi.create.cfd.tfd11 import TimbreFiscalDigital
from satcfdi.models import Signer

OUT = pathlib.Path(sys.argv[1])
NB, NA = dt.datetime(2024, 1, 1), dt.datetime(2034, 1, 1)


def name(cn, rfc=None, ou=None):
    a = [x509.NameAttribute(NameOID.COMMON_NAME, cn), x509.NameAttribute(NameOID.ORGANIZATION_NAME, cn)]
    if rfc:
        a.append(x509.NameAttribute(NameOID.X500_UNIQUE_IDENTIFIER, rfc))
    if ou:
        a.append(x509.NameAttribute(NameOID.ORGANIZATIONAL_UNIT_NAME, ou))
    return x509.Name(a)


def key():
    return rsa.generate_private_key(65537, 2048)


CA_KEY, CA_NAME = key(), name("AC DE PRUEBA")


def signer(cn, rfc, number, ou=None, until=NA):
    k = key()
    cert = (x509.CertificateBuilder().subject_name(name(cn, rfc, ou)).issuer_name(CA_NAME)
            .public_key(k.public_key()).serial_number(int(number.encode().hex(), 16))
            .not_valid_before(NB).not_valid_after(until).sign(CA_KEY, hashes.SHA256()))
    return Signer(crypto.X509.from_cryptography(cert), k)


SHOP = signer("COMERCIO DE PRUEBA SA DE CV", "EKU9003173C9", "30001000000500009901")
PAC = signer("PAC DE PRUEBA", "SPR190613I52", "30001000000500009902", ou="PACSPR190613I5201")
# As SAT writes a persona moral's: its RFC, a slash, its representative's.
SHOP_WITH_REP = signer("COMERCIO DE PRUEBA SA DE CV", "EKU9003173C9 / VADA800927DJ3", "30001000000500009903")
EXPIRED = signer("COMERCIO DE PRUEBA SA DE CV", "EKU9003173C9", "30001000000500009904",
                 until=dt.datetime(2025, 1, 1))

BUYER = dict(rfc="XIQB891116QE4", nombre="BERENICE XIMO QUEZADA", uso_cfdi="G03",
             domicilio_fiscal_receptor="76343", regimen_fiscal_receptor="612")


class Several(list):
    """Two complements: satcfdi's writer asks the container for a name-space map."""

    def get(self, _key):
        return None


def iva(rate="0.160000"):
    return cfdi40.Traslado(impuesto="002", tipo_factor="Tasa", tasa_o_cuota=D(rate))


def soda(**more):
    kw = dict(clave_prod_serv="50202306", no_identificacion="7501055300075", cantidad=D("2"), clave_unidad="H87",
              unidad="Pieza", descripcion="Refresco 600 ml", valor_unitario=D("15.52"), objeto_imp="02",
              impuestos=cfdi40.Impuestos(traslados=iva()))
    kw.update(more)
    return cfdi40.Concepto(**kw)


def make(file, conceptos, csd=SHOP, emisor=None, receptor=None, complement=None, **kw):
    base = dict(lugar_expedicion="06600", fecha=dt.datetime(2026, 9, 14, 13, 5, 22), metodo_pago="PUE",
                forma_pago="04", serie="T", folio="100245")
    base.update(kw)
    cfdi = cfdi40.Comprobante(
        emisor=cfdi40.Emisor(**(emisor or dict(rfc="EKU9003173C9", nombre="COMERCIO DE PRUEBA", regimen_fiscal="601"))),
        receptor=cfdi40.Receptor(**(receptor or BUYER)), conceptos=conceptos, complemento=complement, **base)
    cfdi.sign(csd)
    tfd = TimbreFiscalDigital(proveedor=PAC, uuid=str(uuid.uuid5(uuid.NAMESPACE_URL, file)).upper(),
                              fecha_timbrado=dt.datetime(2026, 9, 14, 13, 6, 2), sello_cfd=cfdi["Sello"])
    if complement is None:
        cfdi["Complemento"] = {"TimbreFiscalDigital": tfd}
    else:
        cfdi["Complemento"] = Several([complement, tfd])
    done = cfdi.process(validate=True)
    (OUT / f"{file}.xml").write_bytes(done.xml_bytes(pretty_print=True, validate=True))
    (OUT / f"{file}.cadena.txt").write_text(done.cadena_original(), encoding="utf-8")
    print(file, done["Total"])


make("plain", [soda()])
make("discount-withholding", [
    soda(descuento=D("5.00"), descripcion="Café  «El Ñandú» & cía.,\t\"extra\" <500 g>\n molido "),
    soda(no_identificacion=None, unidad=None, cantidad=D("1.5"), valor_unitario=D("10.333333"),
         impuestos=cfdi40.Impuestos(traslados=cfdi40.Traslado(impuesto="002", tipo_factor="Exento"))),
    soda(clave_prod_serv="80131500", clave_unidad="E48", cantidad=D(1), valor_unitario=D("1000"), impuestos=cfdi40.Impuestos(
        traslados=[iva(), cfdi40.Traslado(impuesto="003", tipo_factor="Cuota", tasa_o_cuota=D("0.500000"))],
        retenciones=[cfdi40.Retencion(impuesto="001", tipo_factor="Tasa", tasa_o_cuota=D("0.100000")),
                     cfdi40.Retencion(impuesto="002", tipo_factor="Tasa", tasa_o_cuota=D("0.106667"))])),
], condiciones_de_pago=" CONTADO  INMEDIATO ")
make("global", [soda(clave_prod_serv="01010101", clave_unidad="ACT", unidad=None, descripcion="Venta", cantidad=D(1))],
     receptor=dict(rfc="XAXX010101000", nombre="PUBLICO EN GENERAL", uso_cfdi="S01",
                   domicilio_fiscal_receptor="06600", regimen_fiscal_receptor="616"),
     informacion_global=cfdi40.InformacionGlobal(periodicidad="01", meses="09", ano=2026), forma_pago="01")
make("related", [soda()], cfdi_relacionados=[
    cfdi40.CfdiRelacionados("04", ["A39DA66B-52CA-49E3-879B-5C05185B0EF7", "B39DA66B-52CA-49E3-879B-5C05185B0EF8"]),
    cfdi40.CfdiRelacionados("07", "C39DA66B-52CA-49E3-879B-5C05185B0EF9")])
make("customs-predial-parts", [
    soda(informacion_aduanera=["15  48  3009  0001234", "16  48  3009  0001235"], cuenta_predial=["15956011002", "15956011003"],
         a_cuenta_terceros=cfdi40.ACuentaTerceros("JUFA7608212V6", "ADRIANA JUAREZ FERNANDEZ", "612", "29133"),
         parte=[cfdi40.Parte("50211503", D(1), "Cigarros", no_identificacion="7501030283645", unidad="Pieza",
                             valor_unitario=D("7.00"), importe=D("7.00"),
                             informacion_aduanera="15  48  3009  0001236"),
                cfdi40.Parte("50211503", D(1), "Otro")]),
    soda(descripcion="Sin más")])
make("foreign-currency", [soda()], moneda="USD", tipo_cambio=D("18.1234"), confirmacion="ECVH1", exportacion="01",
     receptor=dict(rfc="XEXX010101000", nombre="ACME INC", uso_cfdi="S01", domicilio_fiscal_receptor="06600",
                   regimen_fiscal_receptor="616", residencia_fiscal="USA", num_reg_id_trib="121585958"))
make("local-taxes", [soda()], complement=implocal10.ImpuestosLocales(
    total_de_retenciones=D("1.00"), total_de_traslados=D("3.10"),
    retenciones_locales=implocal10.RetencionesLocales(imp_loc_retenido="Cinco al millar", tasa_de_retencion=D("0.50"), importe=D("1.00")),
    traslados_locales=implocal10.TrasladosLocales(imp_loc_trasladado="ISH", tasa_de_traslado=D("3.00"), importe=D("3.10"))))
make("fuel", [soda(clave_prod_serv="15101514", clave_unidad="LTR", unidad="L", descripcion="Magna",
                   complemento_concepto=hidrocarburospetroliferos10.HidroYPetro(
                       tipo_permiso="PER05", numero_permiso="PL/1234/EXP/ES/2015", clave_hyp="15101514", sub_producto_hyp="SP16"))])
make("school", [soda(complemento_concepto=iedu10.InstEducativas(
    nombre_alumno="ANA RUIZ", curp="RUAA100101MDFXXX09", nivel_educativo="Primaria", aut_rvoe="RV-1", rfc_pago="XIQB891116QE4"))])
make("legends", [soda()], complement=leyendasFisc10.LeyendasFiscales(leyenda=[
    leyendasFisc10.Leyenda(texto_leyenda="Primera", disposicion_fiscal="LISR", norma="Art. 1"),
    leyendasFisc10.Leyenda(texto_leyenda="Segunda")]))
make("donation", [soda()], complement=donat11.Donatarias(
    no_autorizacion="325-SAT-09", fecha_autorizacion=dt.date(2020, 1, 1), leyenda="Deducible"))
make("certificate-of-another", [soda()], csd=signer("OTRO COMERCIO", "HAÑ930228SM9", "30001000000500009905"))
make("certificate-with-representative", [soda()], csd=SHOP_WITH_REP)
make("certificate-expired", [soda()], csd=EXPIRED)
