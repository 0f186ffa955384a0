# The page: what it shares, and all its views but the monitor.

## Time
ago-now = just now
ago-minutes = { $n ->
    [one] a minute ago
   *[other] { $n } minutes ago
}
ago-hours = { $n ->
    [one] an hour ago
   *[other] { $n } hours ago
}
ago-days = { $n ->
    [one] yesterday
   *[other] { $n } days ago
}

## Common
cancel = Cancel
choose = Choose…
close = Close
date-example = dd/mm/yyyy
edit = Edit
files-save = Save { $kind } from { $portal }
form-mend = Check the marked fields and try again.
loading = Loading…
money-example = 0.00
none = —
optional = (optional)
save = Save
skip-link = Skip to content
toasts-label = Notices
tone-info = Notice
tone-success = Done
tone-warning = Attention
tone-danger = Error
try-again = Try again

## Errors
error-behind = Relevo is still catching up with your data. Wait a few seconds and reload.
error-network = Relevo can’t be reached. Check your network and try again.
error-signed-out = Your session has ended. Sign in again.
error-unreadable = Relevo gave an unexpected answer ({ $status }). Try again in a moment.
link-lost = No connection to Relevo. The page goes on by itself as soon as it is back.

## Frame
language = Language
nav-history = History
nav-home = Home
nav-label = Main
nav-new-ticket = New ticket
nav-profiles = Fiscal profiles
nav-sessions = Sessions
nav-toggle = Menu
sign-out = Sign out
theme = Theme
theme-dark = Dark
theme-light = Light
theme-system = Same as system
user-menu = Your account

## Statuses
failure-agent-error = No invoice: the agent couldn’t do it
failure-already-invoiced = No invoice: already made out to somebody else
failure-amount-differs = No invoice: the total doesn’t match
failure-blocked = No invoice: the portal blocked the agent
failure-cancelled = Cancelled
failure-expired = No invoice: too late
failure-fiscal-data-refused = No invoice: the portal refused the fiscal data
failure-not-found = No invoice: the portal doesn’t know the ticket
failure-portal-down = No invoice: the portal is down
failure-timed-out = No invoice: time ran out
reason-agent-stuck = The agent is stuck
reason-ambiguous-field = A field is ambiguous
reason-captcha = Solve the CAPTCHA
reason-check = Check the delivered invoice
reason-confirm = Confirm before invoicing
reason-control = The browser is in your hands
reason-delivery = The invoice is still to arrive
reason-login = Sign in to the portal
reason-manual = Finish by hand on the portal
reason-missing-data = Something is missing
reason-paused = Paused: you say when to go on
reason-start = Ready to start with you
reason-two-factor = Enter the verification code
status-completed = Invoice ready
status-delivery = Waiting for delivery
status-failed = No invoice
status-human = Waits for you to start
status-intervention = Needs you
status-not-before = Waiting: the portal doesn’t have it yet
status-not-before-at = Waiting until { $at }
status-open = Open (all)
status-paused = Paused
status-pending = Waiting
status-queue = Queued
status-running = On the portal

## Signing in
sign-in-button = Sign in
sign-in-expired = It took too long and the sign-in expired. Try again.
sign-in-failed = We couldn’t complete your sign-in. Try again in a moment.
sign-in-how = Hand in the ticket, watch the agent work on the portal, and take over when needed.
sign-in-invalid-token = Your sign-in provider’s answer isn’t valid. Try again; if it stays so, tell whoever runs Relevo.
sign-in-erased = This account was erased for good. There is nothing left to sign in to.
sign-in-provider-down = Your sign-in provider doesn’t answer. Wait a moment and try again.
sign-in-refused = Your sign-in provider refused. Try again or use another account.
sign-in-state-mismatch = This sign-in began in another tab or browser. Start again here.
sign-in-title = From your ticket to your invoice
sign-in-what = Relevo gets your Mexican electronic invoices (CFDI) out of the shops’ portals and gives you the verified XML and PDF.

## Home
home-all = See the whole history
home-attend = Attend
home-attend-portal = Attend { $portal }
home-done = Recently finished
home-done-empty = Your invoices will show here as soon as they are ready.
home-inbox = Needs you
home-inbox-empty = Nothing waits for you right now.
home-running = In progress
home-running-empty = Nothing is in progress.
home-see = View
home-see-portal = View { $portal }
home-title = Home
home-until = Before { $at }
welcome-profile = Enter your fiscal data
welcome-profile-add = Add a fiscal profile
welcome-profile-see = See my profiles
welcome-profile-why = Just once, as in your Constancia de Situación Fiscal. You may have several RFCs.
welcome-subtitle = Two steps, and your first invoice is on its way.
welcome-ticket = Hand in a ticket
welcome-ticket-why = Type what your ticket says. The agent invoices it on the portal and calls you when it needs you.
welcome-title = Welcome

## Profiles
profile-add = Add profile
profile-add-title = New fiscal profile
profile-edit-one = Edit { $rfc }
profile-edit-title = Edit fiscal profile
profile-email = E-mail
profile-email-hint = Many portals send the invoice there.
profile-form-subtitle = Type everything as in your Constancia de Situación Fiscal: the SAT compares letter by letter.
profile-name = Name or company name
profile-name-hint = Without “SA de CV” or the like.
profile-postal-code = Postal code
profile-postal-code-hint = Of your fiscal address, not the shop’s.
profile-regimen = Tax regime
profile-regimen-hint = Only those that go with your RFC are listed.
profile-retire = Retire
profile-retire-one = Retire { $rfc }
profile-retire-title = Retire { $rfc }?
profile-retire-what = You can no longer use it for new tickets. What is in progress and your invoices are kept.
profile-retired = You retired { $rfc }.
profile-rfc = RFC
profile-rfc-hint = Twelve characters for a company, thirteen for a person.
profile-saved = Profile saved.
profile-use = Usual CFDI use
profile-use-first-regimen = Choose the regime first
profile-use-hint = You can change it for each ticket.
profiles-empty = You have no profiles yet
profiles-empty-do = Add your fiscal data once, and Relevo types it into every portal for you.
profiles-subtitle = In whose name your invoices are made out.

## New ticket
portal-by-hand = Starts with you
portal-change = Change
portal-list = Portals
portal-more = and { $n } more: keep typing to find them.
portal-none-address = We don’t know a portal at that address yet. Look for the shop by its name.
portal-none-name = No portal has that name. Try another part of it, or paste the address from the ticket.
portal-search = Shop or portal address
portal-search-example = La Paloma, or https://…
portal-search-hint = Type the name, or paste the address on your ticket.
portal-unverified = Not verified
preview-confirm = Confirm and hand in
preview-mend = Go back and mend
preview-not-before = { $portal } will have the ticket by { $at }. We will try from then on.
preview-subtitle = This is what the agent will type at { $portal }. A wrong invoice is hard to correct.
preview-title = Confirm the data
preview-window = It can be invoiced until { $at }.
ticket-again-title = You handed in this ticket before
ticket-again-what = There was no invoice that time. You can try again, or see what happened.
ticket-check = Review before handing in
ticket-invoice = How you want the invoice
ticket-known = You had handed in this ticket already: here it is.
ticket-no-profile = First, your fiscal data
ticket-no-profile-do = We need to know in whose name the invoice is made out.
ticket-payment = Payment form
ticket-payment-hint = How you paid, by your ticket.
ticket-payment-missing = choose how you paid
ticket-portal = Where is your ticket from?
ticket-portal-missing = choose a portal from the list
ticket-printed = What your ticket says
ticket-profile = Fiscal profile
ticket-profile-missing = choose in whose name it is
ticket-retry = Try again
ticket-see = See what happened
ticket-subtitle = Type what your ticket says; you will see it all before handing it in.
ticket-use = CFDI use
ticket-use-first-profile = Choose the profile first

## History
history-all-portals = All portals
history-all-statuses = All statuses
history-ascending = { $column }, ascending
history-clear = Clear filters
history-created = Handed in
history-descending = { $column }, descending
history-empty = You haven’t handed in a ticket yet
history-empty-do = Hand in the first one; it will stay here with its invoice.
history-files = Files
history-filters = Filters
history-from = Bought from
history-invoice = Invoice UUID
history-next = Next
history-none = Nothing matches the filters
history-none-do = Remove one to see more.
history-pages = Pages
history-portal = Portal
history-previous = Previous
history-purchase = Purchase
history-sort = Sort by
history-status = Status
history-subtitle = All your tickets and their invoices.
history-to = Bought until
history-total = Total

## Sessions
sessions-current = This session
sessions-revoke = End
sessions-revoke-one = End the session of { $program }
sessions-revoke-title = End that session?
sessions-revoke-what = Whoever uses it will have to sign in again.
sessions-revoked = Session ended.
sessions-seen = Used { $ago }
sessions-since = Since { $at }
sessions-subtitle = Where you have Relevo open. End those you don’t know.
sessions-unknown-program = Unknown browser

## Not found
not-found-do = Check the address, or go home.
not-found-title = Page not found
not-found-what = That address leads nowhere
