// An echo server on Go's net/http and gorilla/websocket, which may leave a goroutine of every so many connections.
package main

import (
	"flag"
	"log"
	"net"
	"net/http"
	_ "net/http/pprof"
	"sync/atomic"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{}
var every, opened int64

// Waits for what nobody sends.
func wait(messages chan []byte) {
	<-messages
}

func echo(writer http.ResponseWriter, request *http.Request) {
	connection, err := upgrader.Upgrade(writer, request, nil)
	if err != nil {
		return
	}
	defer connection.Close()
	if every > 0 && atomic.AddInt64(&opened, 1)%every == 0 {
		go wait(make(chan []byte))
	}
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil {
			return
		}
		if connection.WriteMessage(kind, message) != nil {
			return
		}
	}
}

// Serves what net/http/pprof has registered on a port of its own.
func servePages() {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	go http.Serve(listener, nil)
}

func main() {
	port := flag.String("port", "", "port to listen on")
	pages := flag.String("pprof", "same", "port of net/http/pprof: same, other or none")
	flag.Int64Var(&every, "leak", 0, "of every so many connections a goroutine stays; 0: of none")
	flag.Parse()
	mux := http.DefaultServeMux
	if *pages != "same" {
		mux = http.NewServeMux()
	}
	mux.HandleFunc("/", echo)
	if *pages == "other" {
		servePages()
	}
	log.Fatal(http.ListenAndServe("127.0.0.1:"+*port, mux))
}
