# La página: lo que comparte y todas sus vistas menos el monitor.
ago-now = hace un momento
ago-minutes = { $n ->
    [one] hace un minuto
   *[other] hace { $n } minutos
}
ago-hours = { $n ->
    [one] hace una hora
   *[other] hace { $n } horas
}
ago-days = { $n ->
    [one] ayer
   *[other] hace { $n } días
}
close = Cerrar
error-network = No hay conexión con Relevo. Revisa tu red y vuelve a intentarlo.
error-signed-out = Tu sesión terminó. Vuelve a entrar.
error-behind = Relevo todavía está poniendo al día tus datos. Espera unos segundos y recarga.
error-unreadable = Relevo respondió algo inesperado ({ $status }). Vuelve a intentarlo en un momento.
toasts-label = Avisos
tone-info = Aviso
tone-success = Listo
tone-warning = Atención
tone-danger = Error
