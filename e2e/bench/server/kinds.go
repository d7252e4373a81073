package server

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/conclave-meet/conclave/e2e/bench/adapter"
)

// Conclave is the relay that people run. more is put before its arguments, for a program that is not the relay itself.
func Conclave(program string, more ...string) Kind {
	return Kind{
		Name: adapter.Conclave, Program: program,
		configure: func(dir string) ([]string, string, error) {
			return append(more, "serve", "--listen", "127.0.0.1:0", "--data", filepath.Join(dir, "data"), "--rooms-open", "anyone", "--room-members", "250"), "", nil
		},
		said: func(output string) (string, bool) {
			_, rest, ok := strings.Cut(output, "Conclave is at ")
			url, _, whole := strings.Cut(rest, "\n")
			return url, ok && whole
		},
	}
}

// livekitConfig has port, UDP port, key and secret. All else is LiveKit's default.
const livekitConfig = `port: %d
bind_addresses: ["127.0.0.1"]
rtc:
  udp_port: %d
  tcp_port: 0
  use_external_ip: false
  node_ip: 127.0.0.1
  enable_loopback_candidate: true
  stun_servers: []
keys:
  %s: %s
logging:
  level: error
  pion_level: error
`

// LiveKit is a LiveKit server.
func LiveKit(program string) Kind {
	const key, secret = "bench", "a secret that need not be one, 32 bytes at least"
	return Kind{
		Name: adapter.LiveKit, Program: program,
		configure: func(dir string) ([]string, string, error) {
			port, err := freePort("tcp4")
			if err != nil {
				return nil, "", err
			}
			udp, err := freePort("udp4")
			if err != nil {
				return nil, "", err
			}
			file := filepath.Join(dir, "livekit.yaml")
			err = os.WriteFile(file, fmt.Appendf(nil, livekitConfig, port, udp, key, `"`+secret+`"`), 0o600)
			// Not net/url: the secret has nothing that a URL would not take but blanks.
			return []string{"--config", file}, fmt.Sprintf("ws://%s:%s@127.0.0.1:%d", key, strings.ReplaceAll(secret, " ", "%20"), port), err
		},
	}
}

// Janus's files: only the video room and the WebSocket transport, on loopback; no STUN server, no mapping of addresses.
const (
	janusConfig = `general: { configs_folder = "%[1]s" debug_level = 2 log_to_stdout = true }
media: { ipv6 = false }
nat: { ice_lite = false nice_debug = false }
plugins: { disable = "libjanus_audiobridge.so,libjanus_duktape.so,libjanus_echotest.so,libjanus_lua.so,libjanus_nosip.so,libjanus_recordplay.so,libjanus_sip.so,libjanus_streaming.so,libjanus_textroom.so,libjanus_videocall.so,libjanus_voicemail.so" }
transports: { disable = "libjanus_http.so,libjanus_mqtt.so,libjanus_nanomsg.so,libjanus_pfunix.so,libjanus_rabbitmq.so" }
events: { broadcast = false }
`
	janusSocket = `general: { json = "compact" ws = true ws_port = %d ws_ip = "127.0.0.1" wss = false }
`
)

// Janus is a Janus gateway with the video room.
func Janus(program string) Kind {
	return Kind{
		Name: adapter.Janus, Program: program,
		configure: func(dir string) ([]string, string, error) {
			port, err := freePort("tcp4")
			if err != nil {
				return nil, "", err
			}
			for name, text := range map[string]string{
				"janus.jcfg":                      fmt.Sprintf(janusConfig, dir),
				"janus.transport.websockets.jcfg": fmt.Sprintf(janusSocket, port),
				"janus.plugin.videoroom.jcfg":     "general: { }\n",
			} {
				if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
					return nil, "", err
				}
			}
			return []string{"--config=" + filepath.Join(dir, "janus.jcfg"), "--configs-folder=" + dir}, fmt.Sprintf("ws://127.0.0.1:%d", port), nil
		},
	}
}
