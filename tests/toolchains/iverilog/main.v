module main;
  reg [7:0] number = 21;
  initial begin
    #1 $write("%0d\n", 2 * number);
    $finish(0);
  end
endmodule
