import java.nio.file.Files
import scala.concurrent.{Await, Future}
import scala.concurrent.ExecutionContext.Implicits.global
import scala.concurrent.duration.Duration
import scala.io.{Source, StdIn}

object Main extends App {
  val word = StdIn.readLine()
  val file = Files.createTempFile("number", "")
  Files.write(file, "21".getBytes)
  val number = Source.fromFile(file.toFile).mkString.toInt
  assert(word.length == 9 && scala.util.Random.nextInt(6) < 6)
  println(word + " " + Await.result(Future(2 * number), Duration.Inf))
}
