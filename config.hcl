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

# Where the agent keeps what must survive a restart: the lists of its catalogs, services registered over
# the API, drains, ejections, leases. It is made if need be, for the agent's user only, and serves one agent
# at a time. Needs a restart. There is no default: without it nothing is kept.
#data_dir = "/var/lib/remora"

# What tells this agent from others when they share out a service by subset. The default is the name of
# the host.
#agent_id = "host-1"

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

  # How many connections there may be at a time, on each socket. Where file descriptors are scarce there
  # are fewer, and the log says so. Needs a restart.
  max_connections = 1024

  # How many of those one user may have. Nobody ever gets more than are free, so one user alone has half
  # at most, and the last ones are kept for those who may change things. Needs a restart.
  max_connections_per_uid = 512

  # How many streams of changes (GET /v1/watch) one user may have. Needs a restart.
  max_streams_per_uid = 256

  # How many requests a second one user may send while other users ask too, in units of one select over a
  # connection that is open; what costs more counts for more. Beyond, answers come later. A user who is
  # alone has no limit. 0 means 20,000 for each processor. Needs a restart.
  max_requests_per_uid = 0
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
  # How one of the backends is chosen: round_robin, least_connections, random, p2c or peak_ewma; or by
  # the key of the request: ring_hash, ketama, maglev or rendezvous. What stands here up to peak_ewma may
  # stand in a service too, which takes over what it does not set. docs/balancing.md says what each is
  # good for.
  strategy = "round_robin"

  # A backend that changes between usable and not more often than so many times within the window is held
  # down: for base_hold, then each time for twice as long, up to max_hold. Of three backends at most one
  # is. changes = 0 turns it off.
  flap_damping {
    changes   = 6
    window    = "1m"
    base_hold = "10s"
    max_hold  = "5m"
  }

  # In percent: when fewer of the backends are healthy, all but the drained ones are used, in the belief
  # that the checks are what is wrong. 0 turns it off.
  panic_threshold = 0

  # What a request without a key gets where the strategy goes by keys: none is an error, random a backend
  # at random.
  hash_fallback = "none"

  # What it is when the sources withdraw all backends of a service within ten seconds, or at least half of
  # three or more: hold takes it for a possible mistake and keeps them as a last resort for hold_down, or
  # until "remora accept"; accept believes it at once, as does a hold_down of 0s.
  on_empty  = "hold"
  hold_down = "1m"

  # How many points a ring has.
  ring_hash {
    min_size = 1024
    max_size = 8388608
  }

  # How long a latency matters, and the latency that a failure counts as.
  peak_ewma {
    decay           = "10s"
    failure_penalty = "1s"
  }

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

  # Leaves a backend out for a while when applications report that it fails more than the others. It is
  # off unless this block is here; a service that has the block takes over what it does not set.
  #outlier_detection {
  #  # false turns it off, which is for a service that is to be left alone.
  #  enabled = true

  #  # So many failures in a row eject at once. 0 turns that off.
  #  consecutive_failures = 5

  #  # How often rates are looked at.
  #  interval = "10s"

  #  # How long a first ejection lasts; each further one lasts longer by as much, up to the longest.
  #  base_ejection_time = "30s"
  #  max_ejection_time  = "5m"

  #  # When so many percent of the backends are ejected, no more are. 0 ejects none; with 1, one at a time
  #  # may be, however few there are.
  #  max_ejection_percent = 10

  #  # Ejects a backend whose success rate is below the mean by more than a multiple of the standard
  #  # deviation, in thousandths; of those with enough outcomes in the interval, when they are enough.
  #  success_rate                = true
  #  success_rate_minimum_hosts  = 5
  #  success_rate_request_volume = 100
  #  success_rate_stdev_factor   = 1900

  #  # Ejects a backend that fails in so many percent of the outcomes or more.
  #  failure_percentage                = false
  #  failure_percentage_minimum_hosts  = 5
  #  failure_percentage_request_volume = 50
  #  failure_percentage_threshold      = 85

  #  # true ends an ejection when a health check succeeds.
  #  active_unejects = false
  #}
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

# A Consul agent or server. Each service that is used costs it one query that waits for changes.
#provider "consul" "main" {
#  # host:port, http://host:port, https://host:port or unix:///path.
#  address = "127.0.0.1:8500"
#
#  # The token, or a file that holds it and is read again when it changes. docs/operations.md says which
#  # rights it needs. There is none by default.
#  token_file = "/etc/remora/consul.token"
#
#  # Another datacenter than that of the agent, and a namespace of Consul Enterprise. There is no default.
#  datacenter = "dc2"
#  namespace  = "shop"
#
#  # true lets any server answer, which spares the leader: answers may be older.
#  stale = false
#
#  # Over https, hundreds of queries share a connection. Over plain HTTP each has one of its own, and
#  # past this number they take turns: changes may then be seen up to ten seconds later.
#  max_connections = 150
#
#  # Larger answers are refused.
#  max_body_bytes = 33554432
#
#  # As for etcd, tls too.
#  services = ["web-*"]
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

    # 0 to 255: backends of a larger number serve only as those of smaller ones fail.
    priority = 0
  }
  backend "127.0.0.1:8082" {}

  # A backend that is new or has recovered grows to its weight in so much time, from so many percent of
  # it; an aggression above 1 makes it grow faster at the beginning. The default is 0s, which is off.
  # This, locality and subset can't be combined with a strategy that goes by keys.
  #slow_start {
  #  duration    = "30s"
  #  aggression  = 1.0
  #  min_percent = 10
  #}

  # Prefers backends in the zone of this host, no more than loads all backends evenly when callers are
  # spread evenly; the bias multiplies that share. The default is false.
  #locality {
  #  prefer_local = true
  #  local_bias   = 1.0
  #}

  # Uses so many of the backends only, which differ from agent to agent. The default is 0, which is all.
  #subset {
  #  size = 20
  #}

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
#
#    # An expression that endpoints must match. It knows Address, ID, Zone, Weight, Tags and Meta.
#    filter = "Meta.rack != 7 and \"canary\" not in Tags"
#
#    # The tier of backends that have no priority of their own.
#    priority = 1
#  }
#  source "main" {
#    # An expression over instances, as Consul documents it; and where this service differs from what the
#    # provider says.
#    filter     = "Service.Meta.team == checkout"
#    datacenter = "dc3"
#    namespace  = "shop"
#    stale      = true
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
