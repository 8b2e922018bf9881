process.stdin.once('data', (data) => console.log(data.toString().trim(), 42));
