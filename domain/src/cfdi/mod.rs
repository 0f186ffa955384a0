//! CFDI 4.0: reading and verifying the electronic invoice.
