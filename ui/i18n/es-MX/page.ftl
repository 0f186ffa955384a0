# La página: lo que comparte y todas sus vistas menos el monitor.

## Tiempo
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

## Común
cancel = Cancelar
choose = Elige…
close = Cerrar
date-example = dd/mm/aaaa
edit = Editar
files-save = Guardar { $kind } de { $portal }
form-mend = Revisa los campos marcados y vuelve a intentarlo.
loading = Cargando…
money-example = 0.00
none = —
optional = (opcional)
save = Guardar
skip-link = Ir al contenido
toasts-label = Avisos
tone-info = Aviso
tone-success = Listo
tone-warning = Atención
tone-danger = Error
try-again = Volver a intentar

## Errores
error-behind = Relevo todavía está poniendo al día tus datos. Espera unos segundos y recarga.
error-network = No hay conexión con Relevo. Revisa tu red y vuelve a intentarlo.
error-signed-out = Tu sesión terminó. Vuelve a entrar.
error-unreadable = Relevo respondió algo inesperado ({ $status }). Vuelve a intentarlo en un momento.
link-lost = Sin conexión con Relevo. En cuanto vuelva, la página sigue sola.

## Marco
language = Idioma
nav-history = Historial
nav-home = Inicio
nav-label = Principal
nav-new-ticket = Nuevo ticket
nav-profiles = Perfiles fiscales
nav-sessions = Sesiones
nav-toggle = Menú
sign-out = Cerrar sesión
theme = Tema
theme-dark = Oscuro
theme-light = Claro
theme-system = Como el sistema
user-menu = Tu cuenta

## Estados
failure-agent-error = Sin factura: el agente no pudo
failure-already-invoiced = Sin factura: ya se facturó a alguien más
failure-amount-differs = Sin factura: el total no coincide
failure-blocked = Sin factura: el portal bloqueó al agente
failure-cancelled = Cancelada
failure-expired = Sin factura: fuera de plazo
failure-fiscal-data-refused = Sin factura: el portal rechazó los datos fiscales
failure-not-found = Sin factura: el portal no conoce el ticket
failure-portal-down = Sin factura: el portal no funciona
failure-timed-out = Sin factura: se acabó el tiempo
reason-agent-stuck = El agente no sabe seguir
reason-ambiguous-field = Hay un campo dudoso
reason-captcha = Resuelve el CAPTCHA
reason-check = Revisa la factura entregada
reason-confirm = Confirma antes de facturar
reason-control = El navegador está en tus manos
reason-delivery = Falta recibir la factura
reason-login = Inicia sesión en el portal
reason-manual = Termina a mano en el portal
reason-missing-data = Falta un dato
reason-paused = En pausa: tú decides cuándo sigue
reason-start = Lista para empezar contigo
reason-two-factor = Escribe el código de verificación
status-completed = Factura lista
status-delivery = En espera de la entrega
status-failed = Sin factura
status-human = Te espera para empezar
status-intervention = Te necesita
status-not-before = En espera: el portal aún no lo tiene
status-not-before-at = En espera hasta { $at }
status-open = En curso (todos)
status-paused = En pausa
status-pending = En espera
status-queue = En espera de turno
status-running = En el portal

## Entrar
sign-in-button = Entrar
sign-in-expired = Tardó demasiado y la entrada caducó. Vuelve a intentarlo.
sign-in-failed = No pudimos completar tu entrada. Vuelve a intentarlo en un momento.
sign-in-how = Entrega el ticket, mira al agente trabajar en el portal y toma el control cuando haga falta.
sign-in-invalid-token = La respuesta de tu proveedor de acceso no es válida. Vuelve a intentarlo; si sigue así, avisa a quien administra Relevo.
sign-in-erased = Esta cuenta se borró para siempre. Ya no queda nada a qué entrar.
sign-in-provider-down = Tu proveedor de acceso no responde. Espera un momento y vuelve a intentarlo.
sign-in-refused = Tu proveedor de acceso no permitió la entrada. Vuelve a intentarlo o usa otra cuenta.
sign-in-state-mismatch = Esta entrada empezó en otra pestaña o navegador. Vuelve a empezar aquí.
sign-in-title = De tu ticket a tu factura
sign-in-what = Relevo saca tus facturas electrónicas (CFDI) de los portales de las tiendas y te da el XML y el PDF verificados.

## Inicio
home-all = Ver todo el historial
home-attend = Atender
home-attend-portal = Atender { $portal }
home-done = Terminado hace poco
home-done-empty = Aquí verás tus facturas en cuanto estén listas.
home-inbox = Te necesita
home-inbox-empty = Nada te espera por ahora.
home-running = En curso
home-running-empty = No hay nada en curso.
home-see = Ver
home-see-portal = Ver { $portal }
home-title = Inicio
home-until = Antes del { $at }
welcome-profile = Registra tus datos fiscales
welcome-profile-add = Agregar perfil fiscal
welcome-profile-see = Ver mis perfiles
welcome-profile-why = Una sola vez, como aparecen en tu Constancia de Situación Fiscal. Puedes tener varios RFC.
welcome-subtitle = Dos pasos y tu primera factura va en camino.
welcome-ticket = Entrega un ticket
welcome-ticket-why = Escribe lo que dice tu ticket. El agente lo factura en el portal y te llama si te necesita.
welcome-title = Te damos la bienvenida

## Perfiles
profile-add = Agregar perfil
profile-add-title = Nuevo perfil fiscal
profile-edit-one = Editar { $rfc }
profile-edit-title = Editar perfil fiscal
profile-email = Correo electrónico
profile-email-hint = Muchos portales envían ahí la factura.
profile-form-subtitle = Escribe todo como está en tu Constancia de Situación Fiscal: el SAT compara letra por letra.
profile-name = Nombre o razón social
profile-name-hint = Sin «SA de CV» ni otro régimen societario.
profile-postal-code = Código postal
profile-postal-code-hint = El de tu domicilio fiscal, no el de la tienda.
profile-regimen = Régimen fiscal
profile-regimen-hint = Solo aparecen los que van con tu RFC.
profile-retire = Retirar
profile-retire-one = Retirar { $rfc }
profile-retire-title = ¿Retirar { $rfc }?
profile-retire-what = Ya no podrás usarlo en tickets nuevos. Lo que está en curso y tus facturas se conservan.
profile-retired = Retiraste { $rfc }.
profile-rfc = RFC
profile-rfc-hint = Doce caracteres si es empresa, trece si es persona.
profile-saved = Perfil guardado.
profile-use = Uso de CFDI habitual
profile-use-first-regimen = Elige primero el régimen
profile-use-hint = Puedes cambiarlo en cada ticket.
profiles-empty = Todavía no tienes perfiles
profiles-empty-do = Agrega tus datos fiscales una vez y Relevo los escribe en cada portal por ti.
profiles-subtitle = A nombre de quién salen tus facturas.

## Nuevo ticket
portal-by-hand = Empieza contigo
portal-change = Cambiar
portal-list = Portales
portal-more = y { $n } más: sigue escribiendo para encontrarlos.
portal-none-address = Todavía no conocemos un portal en esa dirección. Busca la tienda por su nombre.
portal-none-name = No hay ningún portal con ese nombre. Prueba con otra parte del nombre o pega la dirección del ticket.
portal-search = Tienda o dirección del portal
portal-search-example = La Paloma, o https://…
portal-search-hint = Escribe el nombre, o pega la dirección que viene en tu ticket.
portal-unverified = Sin verificar
preview-confirm = Confirmar y entregar
preview-mend = Corregir
preview-not-before = { $portal } tendrá el ticket hacia { $at }. Lo intentaremos a partir de entonces.
preview-subtitle = Esto es lo que el agente escribirá en { $portal }. Una factura equivocada es difícil de corregir.
preview-title = Confirma los datos
preview-window = Puedes facturarlo hasta { $at }.
ticket-again-title = Ya entregaste este ticket
ticket-again-what = Aquella vez no salió la factura. Puedes intentarlo de nuevo o ver qué pasó.
ticket-check = Revisar antes de entregar
ticket-invoice = Cómo quieres la factura
ticket-known = Ya habías entregado este ticket: aquí está.
ticket-no-profile = Primero, tus datos fiscales
ticket-no-profile-do = Necesitamos saber a nombre de quién sale la factura.
ticket-payment = Forma de pago
ticket-payment-hint = Cómo pagaste, según tu ticket.
ticket-payment-missing = elige cómo pagaste
ticket-portal = ¿De dónde es tu ticket?
ticket-portal-missing = elige un portal de la lista
ticket-printed = Lo que dice tu ticket
ticket-profile = Perfil fiscal
ticket-profile-missing = elige a nombre de quién sale
ticket-retry = Intentar de nuevo
ticket-see = Ver qué pasó
ticket-subtitle = Escribe lo que dice tu ticket; antes de entregarlo verás todo junto.
ticket-use = Uso de CFDI
ticket-use-first-profile = Elige primero el perfil

## Historial
history-all-portals = Todos los portales
history-all-statuses = Todos los estados
history-ascending = { $column }, ascendente
history-clear = Quitar filtros
history-created = Entregado
history-descending = { $column }, descendente
history-empty = Todavía no entregas ningún ticket
history-empty-do = Entrega el primero y aquí quedará, con su factura.
history-files = Archivos
history-filters = Filtros
history-from = Comprado desde
history-invoice = Folio fiscal
history-next = Siguiente
history-none = Nada coincide con los filtros
history-none-do = Quita alguno para ver más.
history-pages = Páginas
history-portal = Portal
history-previous = Anterior
history-purchase = Compra
history-sort = Ordenar por
history-status = Estado
history-subtitle = Todos tus tickets y sus facturas.
history-to = Comprado hasta
history-total = Total

## Sesiones
sessions-current = Esta sesión
sessions-revoke = Terminar
sessions-revoke-one = Terminar la sesión de { $program }
sessions-revoke-title = ¿Terminar esa sesión?
sessions-revoke-what = Quien la use tendrá que volver a entrar.
sessions-revoked = Sesión terminada.
sessions-seen = Usada { $ago }
sessions-since = Desde { $at }
sessions-subtitle = Dónde tienes Relevo abierto. Termina las que no reconozcas.
sessions-unknown-program = Navegador desconocido

## No existe
not-found-do = Revisa la dirección o vuelve al inicio.
not-found-title = No encontramos esa página
not-found-what = Esa dirección no lleva a nada
