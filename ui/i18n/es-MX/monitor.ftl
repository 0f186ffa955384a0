# El monitor: una tarea, en vivo.
monitor-live = Navegador en vivo
monitor-canvas = Imagen en vivo del portal { $portal }
monitor-status = Estado de la tarea
monitor-bought = compra del { $date }
monitor-window = Tienes hasta el { $at } para facturar esta compra.

# La conexión y la imagen.
monitor-live-on = En vivo
monitor-connecting = Conectando…
monitor-lost = Sin conexión
monitor-retry-in = reintento en { $n } s
monitor-retrying = reconectando…
monitor-signed-out = Tu sesión terminó
monitor-age-fresh = imagen de hace { $n } s
monitor-age-still = página quieta
monitor-age-behind = imagen atrasada: de hace { $n } s
monitor-age-cut = imagen vieja: de hace { $n } s
monitor-veil-picture = Trayendo la imagen…
monitor-veil-pending = Aquí verás el portal en cuanto el agente abra el navegador.
monitor-veil-human = El navegador se abre cuando digas «Atender».
monitor-veil-opening = El agente abre el navegador…
monitor-veil-parked = El navegador está cerrado. Nada corre mientras tanto.

# El control.
monitor-agent-drives = El agente conduce. Puedes tomar el control cuando quieras.
monitor-agent-waits = El agente espera tu respuesta.
monitor-agent-paused = El agente está en pausa.
monitor-take = Tomar el control
monitor-you-drive = Tienes el control: haz clic y escribe en la imagen.
monitor-control-wait = Espera: el agente termina lo que hace.
monitor-return-done = Listo, devolver
monitor-return-could-not = No pude, devolver
monitor-lapse-idle = Sigue moviendo el ratón o escribiendo: en { $n } s el control se suelta.
monitor-lapse-alone = Sin conexión: en { $n } s el control se suelta.
monitor-lapse-soon = El control se soltará en menos de un minuto.
monitor-refused-control = Lo último no llegó al portal: ese control ya no es el vigente.
monitor-refused-input = Lo último no llegó al portal.
monitor-keys = Teclado del navegador en vivo
monitor-keys-help = Tu teclado escribe en el portal, también Tab. Pulsa Escape dos veces para salir de la imagen. Lo que escribes no se guarda.

# Lo que se puede pedir.
monitor-attend = Atender
monitor-resume = Reanudar
monitor-pause = Pausar
monitor-retry = Reintentar
monitor-amend = Corregir datos
monitor-cancel = Cancelar
monitor-archive = Archivar
monitor-cancel-title = ¿Cancelar esta factura?
monitor-cancel-body = El agente deja el portal. Si los datos ya se enviaron, primero espera la respuesta del portal; una factura emitida no se pierde.
monitor-cancel-yes = Sí, cancelar
monitor-cancel-no = Seguir con ella

# Por qué espera.
monitor-wish-pause = Se pausará en cuanto el portal responda.
monitor-wish-end = Se cancelará en cuanto el portal responda.
monitor-why-queue = Espera su turno: empieza en cuanto se libere un navegador.
monitor-why-not-before = El portal aún no puede atenderla. El agente empieza solo el { $at }.
monitor-why-retry = Algo técnico falló. El agente lo intenta otra vez el { $at }.
monitor-why-human = Este portal siempre pide a una persona. No gasta nada mientras esperas; al atender, el agente empieza.
monitor-why-delivery = El portal aceptó los datos y entregará la factura por otro medio, por ejemplo por correo. Si ya te llegó, súbela aquí.
monitor-why-running = El agente trabaja en el portal. Puedes cerrar esta página: sigue solo.
monitor-why-opening = El agente abre el navegador.
monitor-why-paused = En pausa. El navegador espera un rato donde estaba.
monitor-why-paused-parked = En pausa. No gasta nada mientras esperas; al reanudar, el agente vuelve a donde estaba.
monitor-why-parked = No gasta nada mientras esperas; al atender, el agente vuelve a la pregunta.
monitor-why-lapsed = El control se soltó. Toma el control otra vez, o reanuda y el agente sigue.

# La pregunta abierta.
monitor-answer-by = Responde antes del { $at }.
monitor-decline = No puedo
monitor-guide-login = { $guide } Toma el control y entra tú en el portal. Relevo nunca te pide contraseñas.
monitor-guide-two-factor = { $guide } Toma el control y escribe el código en el portal. Relevo nunca te lo pide aquí.
monitor-captcha-answer = Lo que muestra la imagen
monitor-captcha-hint = Míralo en el navegador en vivo; también puedes tomar el control y escribirlo allá.
monitor-text-answer = Tu respuesta
monitor-too-long = A lo más { $n } caracteres.
monitor-send = Enviar
monitor-choose = Elige una
monitor-yes = Sí
monitor-no = No
monitor-confirm-yes = Todo está bien, facturar
monitor-confirm-no = No facturar
monitor-check-yes = Aceptar esta factura
monitor-check-no = No la acepto
monitor-go-on = Seguir sin tocar nada
monitor-go-on-help = Toma el control, deja la página donde el agente pueda seguir y devuélvelo.
monitor-values = Los datos que recibirá el portal

# A mano.
monitor-kit-open = 1. Abre el portal en tu navegador
monitor-kit-portal = Abrir { $portal }
monitor-kit-values = 2. Copia los datos
monitor-kit-upload = 3. Sube los archivos de la factura
monitor-kit-decline = No puedo conseguirla
monitor-copy = Copiar
monitor-copied = Copiado
monitor-copy-failed = Selecciónalo
monitor-upload-label = Arrastra aquí el XML y el PDF, o un ZIP, o elígelos
monitor-upload-send = Subir y verificar
monitor-upload-accept = Es la correcta, aceptarla

# Corregir.
monitor-amend-title = Corregir los datos
monitor-amend-save = Guardar
monitor-amend-close = Cerrar sin guardar
monitor-amend-profile = Perfil fiscal
monitor-amend-no-payment = Sin especificar

# El final.
monitor-invoice-title = Factura verificada
monitor-invoice-issuer = Emisor
monitor-invoice-number = Serie y folio
monitor-invoice-uuid = UUID
monitor-invoice-issued = Fecha de emisión
monitor-invoice-subtotal = Subtotal
monitor-invoice-taxes = Impuestos
monitor-invoice-total = Total
monitor-invoice-use = Uso del CFDI
monitor-download = Descargar { $kind }
monitor-signature-valid = El sello es válido: nadie ha alterado la factura.
monitor-signature-not-checked = El sello no se pudo comprobar por un complemento de la factura.
monitor-signature-other = El sello no está comprobado.
monitor-delivered-portal = La entregó el portal.
monitor-delivered-email = Llegó por correo.
monitor-delivered-user = La subiste tú.
monitor-failed-title = No hay factura
monitor-retryable = Puedes reintentar: el agente empieza de nuevo, o busca la factura si pudo emitirse.
monitor-not-retryable = Reintentar no cambiaría nada.

# La línea del tiempo.
monitor-timeline = Lo que ha pasado
monitor-ms = { $n } ms
monitor-size = { $n } kB
monitor-seconds = { $n } s
monitor-ev-submitted = Ticket recibido
monitor-ev-amended = Corregiste los datos
monitor-ev-started = El agente empieza
monitor-ev-recovers = El agente vuelve: busca la factura que pudo emitirse
monitor-ev-opened = Navegador abierto
monitor-ev-closed = Navegador cerrado
monitor-ev-stored = Archivo guardado
monitor-ev-stored-xml = XML guardado
monitor-ev-stored-pdf = PDF guardado
monitor-ev-intended = Va a pulsar el botón final
monitor-ev-accepted = El portal aceptó
monitor-ev-rejected = El portal no aceptó
monitor-ev-unknown = No se sabe si el portal aceptó
monitor-ev-asked = Te necesita: { $reason }
monitor-ev-answered = Respondiste
monitor-ev-declined = Dijiste que no
monitor-ev-paused = Pausaste
monitor-ev-parked = Nadie vino: el navegador se cierra y la tarea espera
monitor-ev-resumed = Sigue
monitor-ev-taken = Tomaste el control
monitor-ev-returned = Devolviste el control
monitor-ev-could-not = Devolviste el control sin lograrlo
monitor-ev-lapsed = El control se soltó por inactividad
monitor-ev-retry = Falló algo técnico: lo intenta otra vez
monitor-ev-deferred = El portal aún no puede: lo intenta más tarde
monitor-ev-awaited = La factura llegará por otro medio
monitor-ev-wish = Se hará en cuanto el portal responda
monitor-ev-completed = Factura verificada y guardada
monitor-ev-failed = Sin factura
monitor-ev-reopened = Se intenta de nuevo
monitor-ev-archived = Archivada
monitor-ev-lease = El agente dejó de responder: otro la retoma
monitor-ev-other = Otro suceso
monitor-step-navigate = Abre { $what }
monitor-step-read = Lee { $what }
monitor-step-fill = Escribe { $what }
monitor-step-select = Elige { $what }
monitor-step-click = Pulsa { $what }
monitor-step-wait = Espera { $what }
monitor-step-submit = Pulsa el botón final: { $what }
monitor-step-download = Descarga { $what }
monitor-step-verify = Verifica la factura: { $what }
monitor-step-recover = Busca la factura emitida
monitor-step-refusal = El portal dice: { $what }
monitor-step-other = Hace { $what }
monitor-step-hands-off = Mientras conducías, el agente no tocó nada
monitor-step-hands-on = El agente actuó mientras conducías
monitor-step-human-submit = Pulsaste el botón final
monitor-step-failed = { $step } – no funcionó
monitor-step-skipped = { $step } – no hizo falta
monitor-verify-accept = está bien
monitor-verify-check = algo difiere
monitor-verify-reject = no es la factura
monitor-field-rfc = RFC
monitor-field-name = Nombre o razón social
monitor-field-postal-code = Código postal
monitor-field-regimen = Régimen fiscal
monitor-field-email = Correo
monitor-field-use = Uso del CFDI
monitor-field-payment = Forma de pago
monitor-field-captcha = CAPTCHA
