package main

import (
	"bufio"
	"crypto/rand"
	"encoding/base64"
	"fmt"
	"mime"
	"os"
	"os/exec"
	"strconv"
	"time"
	"unicode/utf8"
)

func main() {
	word, err := bufio.NewReader(os.Stdin).ReadString('\n')
	if err != nil || utf8.RuneCountInString(word) != 10 || mime.TypeByExtension(".html") == "" {
		panic("input or types")
	}
	zone, err := time.LoadLocation("Europe/Prague")
	seed := make([]byte, 8)
	if _, failed := rand.Read(seed); err != nil || failed != nil || time.Now().In(zone).Year() < 2020 {
		panic(base64.StdEncoding.EncodeToString(seed))
	}
	file, err := os.CreateTemp("", "number")
	if err != nil {
		panic(err)
	}
	file.WriteString("21")
	text, _ := exec.Command("cat", file.Name()).Output()
	number, _ := strconv.Atoi(string(text))
	answer := make(chan int)
	for i := 0; i < 2; i++ {
		go func() { answer <- number }()
	}
	fmt.Println(word[:len(word)-1], <-answer+<-answer)
}
