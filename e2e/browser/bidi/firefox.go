package bidi

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
)

// firefoxPrefs make a quiet browser with fake devices.
var firefoxPrefs = map[string]any{
	"media.navigator.streams.fake":                               true, // getUserMedia from fake devices
	"media.navigator.permission.disabled":                        true, // and at once
	"media.autoplay.default":                                     0,    // <audio> starts without a click
	"media.peerconnection.ice.loopback":                          true,
	"media.peerconnection.ice.obfuscate_host_addresses":          false, // no mDNS on a test network
	"remote.active-protocols":                                    1,     // BiDi
	"browser.shell.checkDefaultBrowser":                          false,
	"browser.startup.homepage_override.mstone":                   "ignore",
	"browser.aboutwelcome.enabled":                               false,
	"datareporting.policy.dataSubmissionEnabled":                 false,
	"datareporting.healthreport.uploadEnabled":                   false,
	"toolkit.telemetry.enabled":                                  false,
	"toolkit.telemetry.server":                                   "data:,",
	"app.update.enabled":                                         false,
	"app.normandy.enabled":                                       false,
	"services.settings.server":                                   "data:,",
	"network.captive-portal-service.enabled":                     false,
	"network.connectivity-service.enabled":                       false,
	"network.prefetch-next":                                      false,
	"network.dns.disablePrefetch":                                true,
	"browser.safebrowsing.malware.enabled":                       false,
	"browser.safebrowsing.phishing.enabled":                      false,
	"browser.safebrowsing.downloads.enabled":                     false,
	"browser.newtabpage.enabled":                                 false,
	"browser.search.update":                                      false,
	"browser.region.update.enabled":                              false,
	"browser.region.network.url":                                 "",
	"extensions.update.enabled":                                  false,
	"extensions.getAddons.cache.enabled":                         false,
	"extensions.systemAddon.update.enabled":                      false,
	"media.gmp-manager.updateEnabled":                            false,
	"dom.push.connection.enabled":                                false,
	"browser.discovery.enabled":                                  false,
	"browser.tabs.unloadOnLowMemory":                             false,
	"browser.contentblocking.report.lockwise.enabled":            false,
	"browser.topsites.contile.enabled":                           false,
	"browser.newtabpage.activity-stream.feeds.topsites":          false,
	"browser.newtabpage.activity-stream.feeds.system.topstories": false,
}

var firefoxReady = regexp.MustCompile(`WebDriver BiDi listening on (ws://\S+)`)

func (b *Browser) launchFirefox(ctx context.Context, opts Options) error {
	binary, err := program("firefox-esr", "firefox")
	if err != nil {
		return err
	}
	if err := b.writePrefs(opts.Prefs); err != nil {
		return err
	}
	args := append([]string{"--headless", "--no-remote", "--profile", b.profile, "--remote-debugging-port", "0"}, opts.Args...)
	cmd := exec.Command(binary, args...)
	// Its home is the profile: nothing of the user's is read or written.
	cmd.Env = append(os.Environ(), "HOME="+b.profile, "MOZ_CRASHREPORTER_DISABLE=1")
	process, url, err := run(ctx, cmd, firefoxReady)
	if err != nil {
		return err
	}
	b.process = process
	wire, err := dial(ctx, url+"/session")
	if err != nil {
		return err
	}
	b.rpc = newRPC(wire, b.onEvent)
	b.bye = func(ctx context.Context) error { return b.rpc.call(ctx, "browser.close", object{}, nil) }
	return b.rpc.call(ctx, "session.new", object{"capabilities": object{}}, nil)
}

func (b *Browser) writePrefs(more map[string]any) error {
	prefs := maps.Clone(firefoxPrefs)
	maps.Copy(prefs, more)
	var text strings.Builder
	for _, name := range slices.Sorted(maps.Keys(prefs)) {
		value, err := json.Marshal(prefs[name])
		if err != nil {
			return fmt.Errorf("preference %s: %w", name, err)
		}
		fmt.Fprintf(&text, "user_pref(%q, %s);\n", name, value)
	}
	return os.WriteFile(filepath.Join(b.profile, "user.js"), []byte(text.String()), 0o600)
}
