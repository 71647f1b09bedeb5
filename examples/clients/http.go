package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"

	"github.com/airflowsecrets/airflowsecrets/connuri"
	"github.com/airflowsecrets/airflowsecrets/connuri/hook"
)

// api is an HTTP server together with a client for it.
type api struct {
	settings hook.HTTPConfig
	client   *http.Client
}

// openHTTP makes a client. It asks DNS only if the connection sets srv_lookup.
func openHTTP(ctx context.Context, c connuri.Connection) (*api, error) {
	h, err := hook.HTTP(c)
	if err != nil {
		return nil, err
	}
	if h.SRV != nil {
		_, servers, err := net.DefaultResolver.LookupSRV(ctx, "", "", h.SRV.Name)
		if err != nil {
			return nil, err
		}
		h = h.At(servers[0].Target, int(servers[0].Port))
	}
	client, err := h.Client(os.ReadFile)
	if err != nil {
		return nil, err
	}
	return &api{h, client}, nil
}

// get requests an endpoint. The caller closes the body of the response.
func (a *api) get(ctx context.Context, endpoint string) (*http.Response, error) {
	request, err := a.settings.NewRequest(ctx, http.MethodGet, endpoint, nil)
	if err != nil {
		return nil, err
	}
	return a.client.Do(request)
}

func (a *api) show() []string {
	return []string{
		fmt.Sprintf("server    %s, %v for each answer", a.settings.BaseURL, a.settings.Timeout),
		"login     " + shownLogin(a.settings.User, a.settings.Password.Reveal()),
		"TLS       " + a.settings.TLS.Mode.String(),
		"headers   " + a.settings.Headers.String(),
	}
}
