use std::collections::HashMap;
use std::io::BufRead;
use std::{env, fs, io, process, thread};

fn main() {
    let mut word = String::new();
    io::stdin().lock().read_line(&mut word).unwrap();
    assert_eq!(word.trim().chars().count(), 9);
    let path = env::temp_dir().join(format!("number{}", process::id()));
    fs::write(&path, "21").unwrap();
    // its hasher is seeded at random
    let numbers: HashMap<&str, i32> = [("number", fs::read_to_string(&path).unwrap().parse().unwrap())].into();
    let answer = thread::spawn(move || 2 * numbers["number"]).join().unwrap();
    let child = process::Command::new("true").status().unwrap();
    assert!(child.success());
    println!("{} {}", word.trim(), answer);
}
