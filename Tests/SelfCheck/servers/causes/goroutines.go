// An echo server on gorilla/websocket that may leave a goroutine of each connection, which waits for what nobody sends.
package main

import (
	"flag"
	"log"
	"net/http"
	_ "net/http/pprof"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{}
var leaks = flag.Bool("leak", false, "leave a goroutine of each connection")

func writePump(messages chan []byte) {
	<-messages
}

func subscribe() {
	if *leaks {
		go writePump(make(chan []byte))
	}
}

func echo(writer http.ResponseWriter, request *http.Request) {
	connection, err := upgrader.Upgrade(writer, request, nil)
	if err != nil {
		return
	}
	defer connection.Close()
	subscribe()
	for {
		kind, message, err := connection.ReadMessage()
		if err != nil || connection.WriteMessage(kind, message) != nil {
			return
		}
	}
}

func main() {
	port := flag.String("port", "0", "port to listen on")
	flag.Parse()
	http.HandleFunc("/", echo)
	log.Fatal(http.ListenAndServe("127.0.0.1:"+*port, nil))
}
