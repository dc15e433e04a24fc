// The books of the demo store: a TCP service with a line protocol in which the server speaks first,
// as many databases do. It listens on PORT.
//   on connect    → LEDGER 1 ready
//   ADD name n    → OK <entries> <sum>
//   SUM           → SUM <entries> <sum>
//   QUIT          → BYE, and it closes
import net from "node:net";

const port = Number(process.env.PORT ?? 7000);
const MAX_LINE = 200;
let entries = 0;
let sum = 0;

const server = net.createServer({ allowHalfOpen: false }, (socket) => {
  let rest = "";
  socket.setEncoding("utf8");
  socket.write("LEDGER 1 ready\n");
  socket.on("data", (text) => {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) answer(socket, line.trim());
    if (rest.length > MAX_LINE) socket.end("ERROR the line is too long\n");
  });
  socket.on("error", () => {});
});

function answer(socket, line) {
  const [word, name, amount] = line.split(" ");
  if (word === "ADD" && name && /^-?[0-9]{1,9}$/.test(amount ?? "")) {
    entries += 1;
    sum += Number(amount);
    socket.write(`OK ${entries} ${sum}\n`);
  } else if (word === "SUM") socket.write(`SUM ${entries} ${sum}\n`);
  else if (word === "QUIT") socket.end("BYE\n");
  else socket.write("ERROR say ADD name amount, SUM or QUIT\n");
}

server.listen(port, "127.0.0.1", () => console.log(`ledger listens on ${port}`));

for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => process.exit(0));
