# The monitor: one task, live.
monitor-live = Live browser
monitor-canvas = Live picture of the portal { $portal }
monitor-status = The task's status
monitor-bought = bought on { $date }
monitor-window = You have until { $at } to invoice this purchase.

# Connection and picture.
monitor-live-on = Live
monitor-connecting = Connecting…
monitor-lost = No connection
monitor-retry-in = retrying in { $n } s
monitor-retrying = reconnecting…
monitor-signed-out = Your session has ended
monitor-age-fresh = picture { $n } s old
monitor-age-still = page at rest
monitor-age-behind = picture late: { $n } s old
monitor-age-cut = old picture: { $n } s
monitor-veil-picture = Fetching the picture…
monitor-veil-pending = You will see the portal here once the agent opens the browser.
monitor-veil-human = The browser opens when you say “Attend”.
monitor-veil-opening = The agent is opening the browser…
monitor-veil-parked = The browser is closed. Nothing runs meanwhile.

# Control.
monitor-agent-drives = The agent is driving. You can take control at any time.
monitor-agent-waits = The agent waits for your answer.
monitor-agent-paused = The agent is paused.
monitor-take = Take control
monitor-you-drive = You have control: click and type on the picture.
monitor-control-wait = Wait: the agent is finishing what it does.
monitor-return-done = Done, hand back
monitor-return-could-not = I couldn’t, hand back
monitor-lapse-idle = Keep moving the mouse or typing: control is let go in { $n } s.
monitor-lapse-alone = No connection: control is let go in { $n } s.
monitor-lapse-soon = Control will be let go in less than a minute.
monitor-refused-control = The last input did not reach the portal: that control is over.
monitor-refused-input = The last input did not reach the portal.
monitor-keys = Keyboard of the live browser
monitor-keys-help = Your keyboard types into the portal, Tab too. Press Escape twice to leave the picture. What you type is not stored.

# What one can ask.
monitor-attend = Attend
monitor-resume = Resume
monitor-pause = Pause
monitor-retry = Retry
monitor-amend = Correct the data
monitor-cancel = Cancel
monitor-archive = Archive
monitor-cancel-title = Cancel this invoice?
monitor-cancel-body = The agent leaves the portal. If the data have been sent, it waits for the portal’s answer first; an issued invoice is not lost.
monitor-cancel-yes = Yes, cancel it
monitor-cancel-no = Go on with it

# Why it waits.
monitor-wish-pause = It will pause once the portal has answered.
monitor-wish-end = It will be cancelled once the portal has answered.
monitor-why-queue = It waits for its turn: it starts once a browser is free.
monitor-why-not-before = The portal can’t serve it yet. The agent starts by itself on { $at }.
monitor-why-retry = Something technical failed. The agent tries again on { $at }.
monitor-why-human = This portal always asks for a person. Waiting costs nothing; once you attend, the agent starts.
monitor-why-delivery = The portal accepted the data and will deliver the invoice by another way, such as e-mail. If you have it already, upload it here.
monitor-why-running = The agent is at work in the portal. You can close this page: it goes on by itself.
monitor-why-opening = The agent is opening the browser.
monitor-why-paused = Paused. The browser waits for a while where it was.
monitor-why-paused-parked = Paused. Waiting costs nothing; once you resume, the agent goes back to where it was.
monitor-why-parked = Waiting costs nothing; once you attend, the agent goes back to the question.
monitor-why-lapsed = Control was let go. Take it again, or resume and the agent goes on.

# The open question.
monitor-answer-by = Answer before { $at }.
monitor-decline = I can’t
monitor-guide-login = { $guide } Take control and sign in to the portal yourself. Relevo never asks for passwords.
monitor-guide-two-factor = { $guide } Take control and type the code into the portal. Relevo never asks for it here.
monitor-captcha-answer = What the picture shows
monitor-captcha-hint = Look at the live browser; you can also take control and type it there.
monitor-text-answer = Your answer
monitor-too-long = { $n } characters at most.
monitor-send = Send
monitor-choose = Choose one
monitor-yes = Yes
monitor-no = No
monitor-confirm-yes = All correct, get the invoice
monitor-confirm-no = Don’t
monitor-check-yes = Accept this invoice
monitor-check-no = I don’t accept it
monitor-go-on = Go on without touching anything
monitor-go-on-help = Take control, leave the page where the agent can go on, and hand it back.
monitor-values = The data the portal will be given

# By hand.
monitor-kit-open = 1. Open the portal in your browser
monitor-kit-portal = Open { $portal }
monitor-kit-values = 2. Copy the data
monitor-kit-upload = 3. Upload the invoice’s files
monitor-kit-decline = I can’t get it
monitor-copy = Copy
monitor-copied = Copied
monitor-copy-failed = Select it
monitor-upload-label = Drop the XML and the PDF here, or a ZIP, or choose them
monitor-upload-send = Upload and verify
monitor-upload-accept = It is the right one, accept it

# Correcting.
monitor-amend-title = Correct the data
monitor-amend-save = Save
monitor-amend-close = Close without saving
monitor-amend-profile = Fiscal profile
monitor-amend-no-payment = Not specified

# The end.
monitor-invoice-title = Verified invoice
monitor-invoice-issuer = Issuer
monitor-invoice-number = Series and number
monitor-invoice-uuid = UUID
monitor-invoice-issued = Issued
monitor-invoice-subtotal = Subtotal
monitor-invoice-taxes = Taxes
monitor-invoice-total = Total
monitor-invoice-use = Use of the CFDI
monitor-download = Download { $kind }
monitor-signature-valid = The seal is valid: nobody has altered the invoice.
monitor-signature-not-checked = The seal could not be checked because of a complement of the invoice.
monitor-signature-other = The seal has not been checked.
monitor-delivered-portal = The portal delivered it.
monitor-delivered-email = It came by e-mail.
monitor-delivered-user = You uploaded it.
monitor-failed-title = There is no invoice
monitor-retryable = You can retry: the agent starts anew, or looks the invoice up if it may have been issued.
monitor-not-retryable = A retry would change nothing.

# The timeline.
monitor-timeline = What has happened
monitor-ms = { $n } ms
monitor-size = { $n } kB
monitor-seconds = { $n } s
monitor-ev-submitted = Ticket received
monitor-ev-amended = You corrected the data
monitor-ev-started = The agent starts
monitor-ev-recovers = The agent is back: it looks for the invoice that may have been issued
monitor-ev-opened = Browser opened
monitor-ev-closed = Browser closed
monitor-ev-stored = File stored
monitor-ev-stored-xml = XML stored
monitor-ev-stored-pdf = PDF stored
monitor-ev-intended = About to press the final button
monitor-ev-accepted = The portal accepted
monitor-ev-rejected = The portal did not accept
monitor-ev-unknown = Nobody knows whether the portal accepted
monitor-ev-asked = It needs you: { $reason }
monitor-ev-answered = You answered
monitor-ev-declined = You said no
monitor-ev-paused = You paused it
monitor-ev-parked = Nobody came: the browser closes and the task waits
monitor-ev-resumed = It goes on
monitor-ev-taken = You took control
monitor-ev-returned = You handed control back
monitor-ev-could-not = You handed control back without success
monitor-ev-lapsed = Control was let go for inactivity
monitor-ev-retry = Something technical failed: it tries again
monitor-ev-deferred = The portal can’t yet: it tries later
monitor-ev-awaited = The invoice will come by another way
monitor-ev-wish = It will be done once the portal has answered
monitor-ev-completed = Invoice verified and stored
monitor-ev-failed = No invoice
monitor-ev-reopened = It is tried anew
monitor-ev-archived = Archived
monitor-ev-lease = The agent stopped answering: another takes over
monitor-ev-other = Something else happened
monitor-step-navigate = Opens { $what }
monitor-step-read = Reads { $what }
monitor-step-fill = Types { $what }
monitor-step-select = Chooses { $what }
monitor-step-click = Presses { $what }
monitor-step-wait = Waits for { $what }
monitor-step-submit = Presses the final button: { $what }
monitor-step-download = Downloads { $what }
monitor-step-verify = Verifies the invoice: { $what }
monitor-step-recover = Looks for the issued invoice
monitor-step-refusal = The portal says: { $what }
monitor-step-other = Does { $what }
monitor-step-hands-off = While you drove, the agent touched nothing
monitor-step-hands-on = The agent acted while you drove
monitor-step-human-submit = You pressed the final button
monitor-step-failed = { $step } – did not work
monitor-step-skipped = { $step } – was not needed
monitor-verify-accept = all is well
monitor-verify-check = something differs
monitor-verify-reject = not the invoice
monitor-field-rfc = RFC
monitor-field-name = Name
monitor-field-postal-code = Postal code
monitor-field-regimen = Tax regime
monitor-field-email = E-mail
monitor-field-use = Use of the CFDI
monitor-field-payment = Form of payment
monitor-field-captcha = CAPTCHA
