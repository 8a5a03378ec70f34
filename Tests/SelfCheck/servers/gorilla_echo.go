// An echo server on Go's net/http and gorilla/websocket.
package main

import (
	"flag"
	"log"
	"net/http"
	_ "net/http/pprof"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{}

func echo(writer http.ResponseWriter, request *http.Request) {
	connection, err := upgrader.Upgrade(writer, request, nil)
	if err != nil {
		return
	}
	defer connection.Close()
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

func main() {
	port := flag.String("port", "", "port to listen on")
	flag.Parse()
	http.HandleFunc("/", echo)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+*port, nil))
}
