# The reference configuration of the Remora agent. It runs as it is, on any machine and as any user,
# with "remora agent -config config.hcl".
#
# Every setting is here. A line that begins with # and one space is an explanation. A setting that is
# commented out stands right behind its #, or with two spaces more where it is inside a block: take
# the # away to use it. Where nothing else is said, the value shown there is the default. Durations are
# written like "1500ms", "5s" or "1h". Wherever a string may stand, env("NAME") gives an environment
# variable, which must be set.
#
# Check a changed file with "remora validate config.hcl". "remora reload" applies it, whole or not at
# all; what needs a restart instead says so below.

# trace, debug, info, warn, error or off.
log_level = "info"

# JSON instead of text, one object a line. Needs a restart.
log_json = false

# Where the agent will keep what must survive a restart. This version keeps nothing on disk, and warns
# where it is set. Needs a restart. There is no default.
#data_dir = "/var/lib/remora"

api {
  # Where applications ask. At most 107 bytes; relative to the folder that the agent is started in. The
  # default is /run/remora/remora.sock. Needs a restart.
  socket = "./remora.sock"

  # Who may connect: permission bits, in octal. Needs a restart.
  mode = "0660"

  # The group of the socket, by name or id. The default is the agent's own. Needs a restart.
  #group = "root"

  # Users who may change things, besides root and the agent's own user. The default is none.
  #admin_uids = [1001]

  # A second socket. With it, changes are accepted there only. There is none by default. Needs a restart.
  #admin_socket = "./remora-admin.sock"
}

# /metrics and /healthz over TCP, for what can't read a UNIX socket. Off by default. Needs a restart.
#telemetry {
#  listen = "127.0.0.1:9464"
#}

# Where this host stands. There is no default.
#locality {
#  zone = env("REMORA_ZONE")
#}

health {
  # How many probes may be on their way at a time, of all services together. Needs a restart.
  max_in_flight = 64
}

# What services get that do not say otherwise.
defaults {
  # round_robin or least_connections.
  strategy = "round_robin"

  # How backends are probed. A service takes over from here what its own health_check does not set.
  # Without this block, only services that have a health_check are probed.
  health_check {
    # tcp: the address accepts a connection. http: it answers a request with an expected status.
    # grpc: grpc.health.v1 says SERVING. none: not probed.
    type = "tcp"

    interval = "5s"
    timeout  = "1s"

    # How many results in a row change the verdict. Both defaults are 1.
    healthy_threshold   = 2
    unhealthy_threshold = 3
  }
}

# An etcd that holds services under PREFIX SERVICE / ID, as values either host:port or the JSON of
# etcd's naming package. The second label is the name by which services refer to it.
#provider "etcd" "legacy" {
#  # All members of the cluster, and where the services are. Both must be given; a prefix ends in /.
#  endpoints = ["https://10.0.0.1:2379", "https://10.0.0.2:2379"]
#  prefix    = "/services/"
#
#  # The user, with either the password or a file that holds it. There is none by default.
#  username      = "remora"
#  password_file = "/etc/remora/etcd.password"
#
#  # Which services applications may ask for without a service block of their own: * is any run of
#  # characters and ? is one. The default is none.
#  services = ["api-*", "batch-?"]
#
#  # on_demand watches a service once an application asks for it, until idle_timeout after its last
#  # use. all watches every service that services permits.
#  import       = "on_demand"
#  idle_timeout = "1h"
#
#  # Files that change are read again. Only what differs from the system's settings need be given.
#  tls {
#    ca_file              = "/etc/remora/ca.pem"
#    cert_file            = "/etc/remora/client.pem"
#    key_file             = "/etc/remora/client.key"
#    server_name          = "etcd.example.com"
#    insecure_skip_verify = false
#  }
#}

# A service with backends that stand here. To see it at work, start a backend beside the agent with
# "python3 -m http.server --bind 127.0.0.1 8081" and run "remora show web".
service "web" {
  strategy = "least_connections"

  # The label is ip:port, [v6]:port or hostname:port. A backend of weight 2 gets twice the share of one
  # of weight 1, which is the default; one of weight 0 is listed and never picked.
  backend "127.0.0.1:8081" {
    id     = "web-1"
    weight = 2
    zone   = "a"
    tags   = ["v2"]
    meta   = { rack = "7" }
  }
  backend "127.0.0.1:8082" {}

  health_check {
    type     = "http"
    interval = "2s"

    # The request, and the answers that count as good: codes and ranges.
    method          = "GET"
    path            = "/"
    expected_status = "200-399"

    # The Host header. The default is the address.
    #host = "web.example.com"

    # https, verified against the system's roots or a file, for the host of the address or another name.
    #tls             = true
    #tls_skip_verify = false
    #tls_server_name = "web.example.com"
    #tls_ca_file     = "/etc/remora/ca.pem"
  }
}

service "db" {
  backend "127.0.0.1:5432" {}
  backend "[::1]:5432" {}
}

# A service from a catalog. It may have several sources, and backends beside them: they are joined by
# address, and where two know the same address, the one that stands first says weight, zone and tags.
#service "checkout" {
#  source "legacy" {
#    # The service's name in the catalog, where it is another one, and tags that endpoints must carry.
#    name = "checkout-frontend"
#    tags = ["v2"]
#  }
#  backend "127.0.0.1:9000" {}
#
#  # All that an http check has, tls included, but method, path and expected_status; and this one: the
#  # service to ask about. The default asks about the server as a whole.
#  health_check {
#    type         = "grpc"
#    grpc_service = "shop.Checkout"
#  }
#}
