# The page: what it shares, and all its views but the monitor.
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
close = Close
error-network = Relevo can’t be reached. Check your network and try again.
error-signed-out = Your session has ended. Sign in again.
error-behind = Relevo is still catching up with your data. Wait a few seconds and reload.
error-unreadable = Relevo gave an unexpected answer ({ $status }). Try again in a moment.
toasts-label = Notices
tone-info = Notice
tone-success = Done
tone-warning = Attention
tone-danger = Error
