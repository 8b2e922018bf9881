fn twice(number: i32) -> i32 {
    2 * number
}

fn main() {
    let mut word = String::new();
    std::io::stdin().read_line(&mut word).unwrap();
    let answer = std::thread::spawn(|| twice(21)).join().unwrap();
    println!("{} {}", word.trim(), answer);
}

#[cfg(test)]
mod tests {
    #[test]
    fn it_doubles() {
        assert_eq!(super::twice(2), 4);
    }
}
