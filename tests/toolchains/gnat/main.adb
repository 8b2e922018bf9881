with Ada.Calendar;
with Ada.Numerics.Discrete_Random;
with Ada.Text_IO; use Ada.Text_IO;

procedure Main is
   subtype Die is Integer range 1 .. 6;
   package Dice is new Ada.Numerics.Discrete_Random (Die);
   Generator : Dice.Generator;
   File      : File_Type;
   Number    : Integer;

   task type Doubler is
      entry Give (Value : Integer);
      entry Take (Value : out Integer);
   end Doubler;

   task body Doubler is
      Held : Integer;
   begin
      accept Give (Value : Integer) do
         Held := Value;
      end Give;
      accept Take (Value : out Integer) do
         Value := 2 * Held;
      end Take;
   end Doubler;

   Worker : Doubler;
   Word   : constant String := Get_Line;
begin
   Dice.Reset (Generator);
   if Dice.Random (Generator) > 6 or else Ada.Calendar.Year (Ada.Calendar.Clock) < 2020 then
      raise Program_Error;
   end if;
   Create (File);
   Put_Line (File, "21");
   Reset (File, In_File);
   Worker.Give (Integer'Value (Get_Line (File)));
   Worker.Take (Number);
   Put_Line (Word & Number'Image);
end Main;
