// Command gost is the part of gost that the bench compares with: SOCKS5 on one side, its relay protocol over WebSocket
// to the other.
//
// Module proxies do not have gost's own command, since its versions do not follow their rules. All its functions are in
// its library. This program reads -L and -F as that command does, and starts the services that they describe.
package main

import (
	"flag"
	"fmt"
	"log"
	"runtime/debug"
	"strings"

	"github.com/go-gost/x/config/loader"
	"github.com/go-gost/x/config/parsing/parser"
	"github.com/go-gost/x/registry"

	_ "github.com/go-gost/x/connector/direct"
	_ "github.com/go-gost/x/connector/relay"
	_ "github.com/go-gost/x/dialer/direct"
	_ "github.com/go-gost/x/dialer/tcp"
	_ "github.com/go-gost/x/dialer/ws"
	_ "github.com/go-gost/x/handler/relay"
	_ "github.com/go-gost/x/handler/socks/v5"
	_ "github.com/go-gost/x/listener/tcp"
	_ "github.com/go-gost/x/listener/ws"
)

const library = "github.com/go-gost/x"

// repeated is a flag that may be given more than once.
type repeated []string

func (r *repeated) String() string { return strings.Join(*r, " ") }

func (r *repeated) Set(value string) error {
	*r = append(*r, value)
	return nil
}

func main() {
	var services, nodes repeated
	flag.Var(&services, "L", "service to listen for")
	flag.Var(&nodes, "F", "node to forward to")
	version := flag.Bool("V", false, "print the version of the library and exit")
	flag.Parse()
	if *version {
		fmt.Println(library, libraryVersion())
		return
	}
	log.Fatal(serve(services, nodes))
}

func serve(services, nodes []string) error {
	parser.Init(parser.Args{Services: services, Nodes: nodes})
	config, err := parser.Parse()
	if err != nil {
		return err
	}
	if err := loader.Load(config); err != nil {
		return err
	}
	ended := make(chan error)
	for _, service := range registry.ServiceRegistry().GetAll() {
		go func() { ended <- service.Serve() }()
	}
	return <-ended
}

func libraryVersion() string {
	if build, ok := debug.ReadBuildInfo(); ok {
		for _, module := range build.Deps {
			if module.Path == library {
				return module.Version
			}
		}
	}
	return "unknown"
}
