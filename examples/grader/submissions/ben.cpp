// Right for small numbers only: an int holds no more than 31 bits and the sign.
#include <iostream>

int main() {
  int count = 0, number = 0;
  unsigned sum = 0;
  std::cin >> count;
  while (count-- > 0 && std::cin >> number) {
    sum += static_cast<unsigned>(number);
  }

  std::cout << static_cast<int>(sum) << '\n';
}
