import java.io.File
import kotlin.concurrent.thread

fun main() {
    val word = readLine()!!
    val file = File.createTempFile("number", "")
    file.writeText("21")
    var number = file.readText().toInt()
    check(word.length == 9 && (1..6).shuffled().size == 6)
    thread { number *= 2 }.join()
    println("$word $number")
}
