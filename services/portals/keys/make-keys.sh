#!/bin/sh
# Makes the TEST keys of the practice portals anew: a test authority, one sealing certificate per
# practice vendor and one for a practice PAC. They have the shape of SAT's certificates and are
# worth nothing outside the practice portals. Needs openssl 3. Run it in this folder.
set -eu
work=$(mktemp -d); trap 'rm -rf "$work"' EXIT
out=$(pwd); cd "$work"; mkdir new; : > index.txt

cat > ca.cnf <<'CNF'
[ca]
default_ca = test
[test]
database = index.txt
new_certs_dir = new
serial = serial
certificate = ca.pem
private_key = ca.key
default_md = sha256
policy = any
unique_subject = no
preserve = yes
[any]
commonName = supplied
organizationName = optional
organizationalUnitName = optional
x500UniqueIdentifier = optional
[req]
distinguished_name = dn
string_mask = utf8only
prompt = no
[dn]
CN = AC DE PRUEBA (SIN VALIDEZ)
CNF

openssl req -x509 -newkey rsa:2048 -nodes -keyout ca.key -out ca.pem -days 7300 -sha256 -config ca.cnf 2>/dev/null

# sealer FILE NAME RFC NUMBER [OU]: the serial is the ASCII of the 20 digits, as SAT does it.
sealer() {
  cat > one.cnf <<CNF
[req]
distinguished_name = dn
string_mask = utf8only
prompt = no
utf8 = yes
[dn]
CN = $2
O = $2
x500UniqueIdentifier = $3
${5:+OU = $5}
CNF
  openssl req -new -newkey rsa:2048 -nodes -keyout one.key -out one.csr -utf8 -config one.cnf 2>/dev/null
  printf '%s' "$4" | od -An -tx1 | tr -d ' \n' > serial
  openssl ca -batch -notext -utf8 -config ca.cnf -in one.csr -out one.pem \
    -startdate 20240101000000Z -enddate 20440101000000Z 2>/dev/null
  openssl x509 -in one.pem -outform DER -out "$out/$1.cer"
  openssl pkcs8 -topk8 -nocrypt -in one.key -outform DER -out "$out/$1.key"
}

sealer la-paloma "ABARROTES LA PALOMA SA DE CV" "EKU9003173C9" 30001000000500009911
sealer el-faro "GASOLINERA EL FARO SA DE CV" "L&O950913MSA" 30001000000500009912
sealer pac "PAC DE PRUEBA" "SPR190613I52" 30001000000500009913 PACSPR190613I5201
