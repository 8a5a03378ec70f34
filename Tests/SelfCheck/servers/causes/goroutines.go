// An echo server on gorilla/websocket that may leave a goroutine of each connection, which waits for what nobody sends, or an
// entry of a map.
package main

import (
	"flag"
	"log"
	"net/http"
	_ "net/http/pprof"
	"sync"

	"github.com/gorilla/websocket"
)

var upgrader = websocket.Upgrader{}
var leaks = flag.String("leak", "", "what each connection leaves: a goroutine, or a session in a map")

type session struct {
	number  int
	history [200]int
}

var sessions = map[int]*session{}
var lock sync.Mutex

func remember() {
	lock.Lock()
	defer lock.Unlock()
	sessions[len(sessions)] = &session{number: len(sessions)}
}

func writePump(messages chan []byte) {
	<-messages
}

func subscribe() {
	switch *leaks {
	case "goroutine":
		go writePump(make(chan []byte))
	case "session":
		remember()
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
