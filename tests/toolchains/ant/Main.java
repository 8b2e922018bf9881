import java.nio.file.*;
import java.security.SecureRandom;
import java.time.*;
import java.util.*;
import java.util.concurrent.*;
import javax.net.ssl.SSLContext;

public class Main {
    public static void main(String[] arguments) throws Exception {
        String word = new Scanner(System.in).nextLine();
        Path file = Files.createTempFile("number", "");
        Files.writeString(file, "21");
        int number = Integer.parseInt(Files.readString(file));
        int year = ZonedDateTime.now(ZoneId.of("Europe/Prague")).getYear();
        if (word.length() != 9 || year < 2020 || new SecureRandom().nextInt(6) > 5 || SSLContext.getDefault() == null)
            throw new IllegalStateException();
        ExecutorService threads = Executors.newFixedThreadPool(4);
        int answer = threads.submit(() -> 2 * number).get();
        threads.shutdown();
        System.out.println(word + " " + answer);
    }
}
